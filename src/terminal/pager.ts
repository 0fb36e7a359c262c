import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Shows a text in `$PAGER` (a command of the shell), or less, until the person leaves it. Returns false when there is no
 * such program; the text is not shown then.
 */
export async function showInPager(text: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  // Leave at once where it fits, colours as they are, and the text stays on the screen; LESS overrules it, as for git.
  const env = { LESS: 'FRX', ...environment };
  const command = environment['PAGER'];
  const stdio: ['pipe', 'inherit', 'inherit'] = ['pipe', 'inherit', 'inherit'];
  // Not by the shell unless asked for: it would complain where there is no less.
  const pager = command
    ? spawn(command, { stdio, env, shell: true })
    : spawn('less', [], { stdio, env });
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
