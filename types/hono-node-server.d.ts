// The one name of the DOM that @hono/node-server's declarations use and @types/node does not declare.
type RequestInfo = string | URL | Request;
