// How COPY writes rows (PostgreSQL, COPY, "File Formats"). Delimiter, quote and escape are one ASCII character each.

export type CopyFormat =
  | { readonly kind: 'binary' }
  | { readonly kind: 'text'; readonly delimiter: string; readonly nullText: string; readonly header: boolean }
  | {
      readonly kind: 'csv';
      readonly delimiter: string;
      readonly nullText: string;
      readonly header: boolean;
      readonly quote: string;
      readonly escape: string;
    };
