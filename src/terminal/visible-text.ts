// Control characters steer a terminal, bidi marks reorder what stands around them, separators and unpaired surrogates
// show as nothing or as a box. The joiner of emoji (U+200D) is harmless.
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?!\u200d)\p{Cf}/gu;

// The blocks that terminals draw two columns wide: Unicode's East Asian Width W and F, roughly.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The text with all that a terminal would act upon written out: an escape sequence begins with `\x1b` in letters. */
export function toVisible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = (character.codePointAt(0) as number).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
  });
}

/** {@link toVisible} of every line; line ends stay. */
export function toVisibleLines(text: string): string {
  return text.split('\n').map(toVisible).join('\n');
}

/** How many columns of a terminal visible text takes; some emoji differ between terminals. */
export function measureText(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += measureGrapheme(segment);
  return width;
}

/** The text, or as much of its beginning as fits so many columns together with an ellipsis. */
export function cutText(text: string, columns: number): string {
  if (measureText(text) <= columns) return text;
  let kept = '';
  let width = 1;
  for (const { segment } of graphemes.segment(text)) {
    width += measureGrapheme(segment);
    if (width > columns) break;
    kept += segment;
  }
  return `${kept}…`;
}

function measureGrapheme(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return /^\p{M}+$/u.test(grapheme) ? 0 : 1;
}
