/**
 * The seed of settings (sql/seeds/settings.csv: name,value,meaning) with other values for some of its names.
 * @throws Error if it has no such name
 */
export function withSeedSettings(csv: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((text, [name, value]) => {
    if (/[",\n]/.test(value)) throw new Error(`a value of the seed settings would need quotes: ${value}`);
    const row = new RegExp(`^${name},[^,]*,`, 'm');
    if (!row.test(text)) throw new Error(`sql/seeds/settings.csv has no setting ${name}`);
    return text.replace(row, () => `${name},${value},`);
  }, csv);
}
