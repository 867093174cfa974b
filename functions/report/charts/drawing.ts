/**
 * As much of the DOM as Plot draws with: elements, attributes, text and inline styles, which then become SVG. A whole DOM took half
 * of the time of a drawing, and a tenth of a second to load.
 */

const SVG = 'http://www.w3.org/2000/svg';

/** An element of SVG. What Plot asks of others, such as events, is not there. */
class Drawn {
  readonly tagName: string;
  readonly namespaceURI = SVG;
  readonly ownerDocument: Sheet;
  readonly #attributes = new Map<string, string>();
  readonly #children: (Drawn | string)[] = [];
  #style: Style | null = null;
  parentNode: Drawn | null = null;

  constructor(tagName: string, ownerDocument: Sheet) {
    this.tagName = tagName;
    this.ownerDocument = ownerDocument;
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }

  setAttribute(name: string, value: unknown): void {
    this.#attributes.set(name, String(value));
  }

  setAttributeNS(_: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  removeAttribute(name: string): void {
    this.#attributes.delete(name);
  }

  get style(): Style {
    if (this.#style === null) {
      this.#style = new Style();
      // It has its place among the attributes from now on.
      this.setAttribute('style', '');
    }
    return this.#style;
  }

  set textContent(text: unknown) {
    this.#children.splice(0, Infinity, String(text));
  }

  append(...nodes: (Drawn | string)[]): void {
    for (const node of nodes) {
      if (node instanceof Drawn) this.appendChild(node);
      else this.#children.push(node);
    }
  }

  appendChild(child: Drawn): Drawn {
    return this.insertBefore(child, null);
  }

  insertBefore(child: Drawn, next: Drawn | null): Drawn {
    child.parentNode = this;
    this.#children.splice(next === null ? Infinity : this.#children.indexOf(next), 0, child);
    return child;
  }

  /**
   * The element as text.
   * @param shown what stands in place of an attribute's value, null for nothing
   * @param isLeftOut elements of these names are
   */
  serialized(shown: (name: string, value: string) => string | null, isLeftOut: (tagName: string) => boolean): string {
    const values = [...this.#attributes].flatMap(([name, value]) => {
      const text = shown(name, name === 'style' ? String(this.#style ?? value) : value);
      return text === null ? [] : ` ${name}="${escaped(text).replaceAll('"', '&quot;')}"`;
    });
    const children = this.#children.flatMap((child) => {
      if (typeof child === 'string') return escaped(child);
      return isLeftOut(child.tagName) ? [] : child.serialized(shown, isLeftOut);
    });
    // The newest attribute first.
    const start = `<${this.tagName}${values.reverse().join('')}`;
    return children.length === 0 ? `${start} />` : `${start}>${children.join('')}</${this.tagName}>`;
  }
}

/** Inline styles: properties by names as JavaScript writes them, or as CSS does. */
class Style {
  [property: string]: unknown;

  setProperty(name: string, value: unknown): void {
    this[name] = value;
  }

  toString(): string {
    return Object.entries(this)
      .map(([name, value]) => `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:${value}`)
      .join(';');
  }
}

const escaped = (text: string): string => text.replace(/[&<>\u00a0]/g, (char) => ESCAPES[char] ?? char);
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\u00a0': '&#160;' };

/** The document that Plot makes its elements by. */
export class Sheet {
  readonly documentElement = new Drawn('svg', this);

  createElementNS(_: string, tagName: string): Drawn {
    return new Drawn(tagName, this);
  }
}
