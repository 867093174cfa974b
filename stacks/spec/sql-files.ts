/**
 * Tells which files of sql/ go into packages: no documents, because no function reads them and each edit would make a
 * new one.
 */
export const isSqlFile = (path: string): boolean => !/\.(?:md|yml)$/.test(path);
