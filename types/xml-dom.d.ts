// The names of the DOM that @node-saml/node-saml's declarations speak of; the gate itself works on no such object.

interface Node {
  readonly nodeName: string;
}
interface Attr extends Node {
  readonly value: string;
}
interface Element extends Node {
  readonly tagName: string;
}
interface Document extends Node {
  readonly documentElement: Element;
}
