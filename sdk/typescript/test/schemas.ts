/** A lexicon with one record. Types are names or whole definitions. */
export function lexicon(properties: Record<string, unknown>, required: string[] = []): object {
  return {
    lexicon: 1,
    id: 'com.example.post',
    defs: {
      main: {
        type: 'record',
        key: 'tid',
        record: {
          type: 'object',
          required,
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, type]) => [name, typeof type === 'string' ? { type } : type]),
          ),
        },
      },
    },
  };
}
