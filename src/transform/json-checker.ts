/**
 * Says at which byte a document stops being JSON, which neither JSON.parse nor stream-json tells for all errors. Slower
 * than either; made for what they have refused already.
 */
export interface JsonChecker {
  /** Looks at the next bytes of the document. */
  take(bytes: Uint8Array): void;
  /** Where it breaks, in words; null when it is JSON. For a document whose last bytes were taken. */
  where(): string | null;
}

/** What the next byte leads to; null when it cannot stand there. */
type State = (byte: number) => State | null;

export function createJsonChecker(): JsonChecker {
  const open: number[] = [];
  let isKey = false;
  let rest = '';
  let state: State = start;
  let byteCount = 0;
  let brokenAt: number | null = null;

  // The byte order mark that some servers put before JSON.
  function start(byte: number): State | null {
    rest = '\u00bb\u00bf';
    return byte === 0xef ? mark : value(byte);
  }
  function mark(byte: number): State | null {
    return follow(byte, mark, value);
  }
  function value(byte: number): State | null {
    const char = String.fromCharCode(byte);
    if (isSpace(byte)) return value;
    if (char === '"') return startString(false);
    if (char === '{') return startObject();
    if (char === '[') return startArray();
    if (char === '-') return minus;
    if (isDigit(byte)) return minus(byte);
    rest = { t: 'rue', f: 'alse', n: 'ull' }[char] ?? '';
    return rest === '' ? null : literal;
  }
  function literal(byte: number): State | null {
    return follow(byte, literal, after);
  }
  /** To `same` while `rest` goes on, to `next` after its last byte. */
  function follow(byte: number, same: State, next: State): State | null {
    if (byte !== rest.charCodeAt(0)) return null;
    rest = rest.slice(1);
    return rest === '' ? next : same;
  }
  function startObject(): State {
    open.push(CLOSE_BRACE);
    return firstKey;
  }
  function startArray(): State {
    open.push(CLOSE_BRACKET);
    return firstItem;
  }
  function firstItem(byte: number): State | null {
    if (isSpace(byte)) return firstItem;
    return byte === CLOSE_BRACKET ? after(byte) : value(byte);
  }
  function firstKey(byte: number): State | null {
    if (isSpace(byte)) return firstKey;
    return byte === CLOSE_BRACE ? after(byte) : key(byte);
  }
  function key(byte: number): State | null {
    if (isSpace(byte)) return key;
    return byte === QUOTE ? startString(true) : null;
  }
  function colon(byte: number): State | null {
    if (isSpace(byte)) return colon;
    return byte === COLON ? value : null;
  }
  function after(byte: number): State | null {
    if (isSpace(byte)) return after;
    const close = open.at(-1);
    if (close === undefined) return null;
    if (byte === COMMA) return close === CLOSE_BRACE ? key : value;
    if (byte !== close) return null;
    open.pop();
    return after;
  }
  function startString(asKey: boolean): State {
    isKey = asKey;
    return string;
  }
  function string(byte: number): State | null {
    if (byte === QUOTE) return isKey ? colon : after;
    if (byte === BACKSLASH) return escaped;
    return byte < 0x20 ? null : string;
  }
  function escaped(byte: number): State | null {
    const char = String.fromCharCode(byte);
    if (char === 'u') return hex1;
    return '"\\/bfnrt'.includes(char) ? string : null;
  }
  const hex4: State = (byte) => (isHex(byte) ? string : null);
  const hex3: State = (byte) => (isHex(byte) ? hex4 : null);
  const hex2: State = (byte) => (isHex(byte) ? hex3 : null);
  const hex1: State = (byte) => (isHex(byte) ? hex2 : null);

  function minus(byte: number): State | null {
    if (byte === 0x30) return whole;
    return isDigit(byte) ? integer : null;
  }
  function integer(byte: number): State | null {
    return isDigit(byte) ? integer : whole(byte);
  }
  function whole(byte: number): State | null {
    return byte === DOT ? dot : fractionEnd(byte);
  }
  const dot: State = (byte) => (isDigit(byte) ? fraction : null);
  function fraction(byte: number): State | null {
    return isDigit(byte) ? fraction : fractionEnd(byte);
  }
  function fractionEnd(byte: number): State | null {
    return (byte | 0x20) === LOWER_E ? exponent : after(byte);
  }
  function exponent(byte: number): State | null {
    return byte === PLUS || byte === MINUS ? sign : sign(byte);
  }
  const sign: State = (byte) => (isDigit(byte) ? digits : null);
  function digits(byte: number): State | null {
    return isDigit(byte) ? digits : after(byte);
  }
  const ends = new Set<State>([after, integer, whole, fraction, digits]);

  return {
    take(bytes) {
      for (let at = 0; at < bytes.length && brokenAt === null; at++) {
        const next = state(bytes[at] as number);
        if (next === null) brokenAt = byteCount + at;
        else state = next;
      }
      byteCount += bytes.length;
    },
    where() {
      if (brokenAt !== null) return `at byte ${brokenAt} of ${byteCount}`;
      return open.length === 0 && ends.has(state) ? null : `cut short after ${byteCount} bytes`;
    },
  };
}

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_E = 0x65;
const CLOSE_BRACE = 0x7d;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}
