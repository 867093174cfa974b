/** The secret of a stage that hashes addresses, where its program is evaluated. */
export const ADDRESS_KEY_SET = 'the key of a stage that no account has';
