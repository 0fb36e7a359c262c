import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Shows a text in `$PAGER`, or less, until the person leaves it. Returns false when there is no such program, or it
 * could not be started; the text is not shown then.
 */
export async function showInPager(text: string): Promise<boolean> {
  // Leave at once where it fits, colours as they are, and the text stays on the screen; LESS overrules it, as for git.
  const environment: NodeJS.ProcessEnv = { LESS: 'FRX', ...process.env };
  const command = environment['PAGER'] || 'less';
  const stdio: ['pipe', 'inherit', 'inherit'] = ['pipe', 'inherit', 'inherit'];
  const pager = spawn(command, { stdio, env: environment, shell: true });
  // Who leaves early has not read all.
  pager.stdin.on('error', () => {});
  pager.stdin.end(text);
  try {
    const [code] = await once(pager, 'exit');
    // The shell's answers for a program that is not there, or is none.
    return code !== 127 && code !== 126;
  } catch {
    return false;
  }
}
