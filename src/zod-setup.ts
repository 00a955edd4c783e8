import * as z from 'zod';

// Imported before any schema is made. Compiling a checker for each schema pays in long loops; here each schema
// checks a few messages, and without it the first answer is out some 5 ms earlier.
z.config({ jitless: true });
