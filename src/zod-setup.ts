import * as z from 'zod';

// Imported before any schema is made. Compiling a checker for each schema pays off in long loops; here each checks a few
// messages, and the first answer is sent some 5 ms earlier without.
z.config({ jitless: true });
