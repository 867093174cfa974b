/** Which files of sql/ go into packages: not documents, for no function reads them, and each new sentence would be a new package. */
export const isSqlFile = (path: string): boolean => !/\.(?:md|yml)$/.test(path);
