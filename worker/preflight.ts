/** `OPTIONS` of what is posted: a browser asks before it sends such a body to another origin (Fetch, "CORS-preflight request"). */
import { respond } from './headers.ts';

export const preflightPost = (): Response =>
  respond(
    null,
    {
      Allow: 'OPTIONS, POST',
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'Content-Type',
      'Access-Control-Max-Age': '86400',
    },
    204,
  );
