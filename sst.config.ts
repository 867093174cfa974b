/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app(input) {
    const { config } = await import('./maillake.config.ts');
    const { configOf } = await import('./stacks/config.ts');
    const { region, keepsData } = configOf(config, input.stage);
    return {
      name: config.app,
      home: 'aws',
      removal: keepsData ? 'retain' : 'remove',
      protect: keepsData,
      providers: { aws: { region } },
    };
  },
  async run() {
    const { config } = await import('./maillake.config.ts');
    const { deployLake } = await import('./stacks/lake.ts');
    return deployLake(config);
  },
});
