import type { Random } from './random.ts';

/** What conversations by e-mail are about. */
export const SUBJECTS = [
  'Pricing for the second quarter',
  'Next steps after Tuesday',
  'Contract "v3 (final)" attached',
  'Quick question 🤔',
  'Réunion à Montréal',
  'Welcome aboard 🎉🎉',
  'Samples for the trade fair',
  'Delivery of the last order',
  'Training for the new colleagues',
  'Invoice 0417 — reminder',
  'お見積りの件',
  'Renewal, 50% off?',
  "We'd love your feedback",
] as const;

// Safe inside HTML as they stand; between them they hold most of what breaks a load: quotes of every kind, tabs, backslashes,
// the end-of-copy mark, emoji of several code units, right-to-left text, combining marks, U+2028.
const SENTENCES = [
  'Thanks for taking the time to talk with me today.',
  'I have gone through the numbers once more and they still hold at a volume of 2,500 units a month.',
  'Could you let me know by Friday whether the revised schedule works for your team?',
  'As promised, the comparison of the three plans is below.',
  'Our "starter" package covers everything you described, except for the custom reports.',
  "It's not urgent, but I'd rather not leave it until the end of the quarter.",
  'The export lands in C:\\Exports\\2016\\june.csv, one line per order.',
  'Merci beaucoup pour votre accueil chaleureux à Montréal ; à très bientôt !',
  'Die Größe der Lieferung ändert sich nicht, nur das Datum.',
  'ご連絡いただきありがとうございます。',
  'شكرا جزيلا على وقتكم اليوم.',
  'Надеюсь на скорую встречу.',
  'Great news 🎉 the team in Kraków shipped it this morning 🚀!',
  'Our engineer 👩‍💻 will be on site from 09:00 to 17:30.',
  'The naïve café owner ordered crème brûlée — twice.',
  'Name\tQuantity\tPrice: the columns are separated by tabs.',
  'Please quote reference \\N-0042 and not the old one, \\t-17.',
  'There were 1,048,576 rows in the sheet, which is all that it can hold.',
  'Feel free to forward this to whoever looks after the integration.',
  'We measured a response time of 180 ms at the 95th percentile, down from 640 ms.',
  'Everybody who attended the webinar gets the slides and the recording.',
  'If the budget is fixed for this year, we can start with two seats and grow from there.',
  'Legal has asked for one change in clause 7(b): “reasonable” instead of ‘best’ efforts.',
  'The temperature should stay below 25 °C ± 2 °C during transport.',
  'No worries if this is not the right moment, I will check in again next month.',
  'One line\u2028and another one after a line separator.',
  'Cafe\u0301 and Café look the same and are not.',
  'The pilot ran for six weeks with 38 users, and 31 of them would recommend it to a colleague.',
  'I have copied our support lead, who can answer the technical questions far better than I can.',
  'Looking forward to hearing from you 🙂.',
] as const;

/** Somebody who writes or is written to. */
export interface Writer {
  firstName: string;
  lastName: string;
  email: string;
  /** The name of the company. */
  company: string;
}

const HTML_END =
  '<table class="signature" cellpadding="0" cellspacing="0"><tr><td style="border-left:2px solid #ff7a59">' +
  '&nbsp;Sent with care&nbsp;&copy;&nbsp;Demo portal</td></tr></table>\r\n</body>\r\n</html>\r\n';

/** `count` sentences as one paragraph of plain text. */
export function writeParagraph(random: Random, count: number): string {
  let text: string = random.pick(SENTENCES);
  for (let n = 1; n < count; n++) text += ` ${random.pick(SENTENCES)}`;
  return text;
}

/** A few lines of plain text with line ends of both kinds and, now and then, a line that would end a COPY. */
export function writeLines(random: Random): string {
  const end = random.chance(0.3) ? '\r\n' : '\n';
  const lines = Array.from({ length: random.int(1, 5) }, () =>
    writeParagraph(random, random.int(1, 3)),
  );
  if (random.chance(0.05)) lines.push('\\.', '');
  return lines.join(end);
}

/** A letter as HTML of about `length` characters, and its paragraphs as plain text. */
export function writeLetter(
  random: Random,
  options: { to: Writer; from: Writer; subject: string; length: number },
): { html: string; paragraphs: string[] } {
  const { to, from, subject, length } = options;
  const paragraphs = [`Hi ${to.firstName},`];
  let html =
    `<!DOCTYPE html>\r\n<html lang="en">\r\n<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>\r\n` +
    '<body style="font-family:Arial,\'Helvetica Neue\',sans-serif;font-size:14px;color:#33475b">\r\n' +
    `<p>Hi ${to.firstName},</p>\n`;
  while (html.length < length - HTML_END.length) {
    const text = writeParagraph(random, random.int(1, 5));
    paragraphs.push(text);
    const kind = random.next();
    if (kind < 0.7) html += `<p style="margin:0 0 1em 0">${text}</p>\n`;
    else if (kind < 0.82) html += `<ul>\n\t<li>${text}</li>\n</ul>\n`;
    else if (kind < 0.92) html += `<blockquote class="gmail_quote">${text}</blockquote>\r\n`;
    else html += `<p><a href="https://www.example.com/?a=1&amp;b=%20">${text}</a><br></p>\n`;
  }
  paragraphs.push(`${from.firstName} ${from.lastName}\n${from.company}`);
  return { html: html + HTML_END, paragraphs };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
