// All that the example needs of Node.
declare const process: { argv: string[] };
