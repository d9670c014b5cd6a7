import { spawnSync } from 'node:child_process'
import { chownSync, lstatSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../errors'

/** How PostgreSQL's programs are started, and whose the data folder must be. */
export interface PostgresAccount {
  description: string
  uid: number
  gid: number
  /** Turns a program and its arguments into what is spawned. */
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number }
}

/**
 * PostgreSQL refuses to run as root, yet newcomers in containers are root. In this order root uses: another account, if
 * that can reach the programs and the data; the same account with the one capability to pass closed folders such as
 * /root; a user namespace in which root is somebody else.
 * @param probe An existing program and folder that the account must be able to run and list.
 * @throws AppError `unavailable` saying what to do where none works.
 */
export function choosePostgresAccount(probe: { program: string; folder: string }): PostgresAccount {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  if (uid !== 0) return { description: 'this account', uid, gid, command: (file, args) => ({ file, args }) }
  const entry = unprivilegedAccount()
  const candidates = entry ? [asAccount(entry), asCapableAccount(entry), inUserNamespace(entry)] : []
  for (const candidate of candidates) if (works(candidate, probe)) return candidate
  throw new AppError('unavailable', {
    message:
      'The embedded PostgreSQL cannot run as root here: there is neither an account to switch to, nor the right to ' +
      'create a user namespace. Start Timbre as an ordinary user, or set DATABASE_URL to a PostgreSQL server.',
  })
}

interface PasswdEntry {
  name: string
  uid: number
  gid: number
}

function unprivilegedAccount(): PasswdEntry | null {
  // initdb needs an entry in the password file, so an arbitrary number will not do.
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
  return (
    entries.find(({ name }) => name === 'postgres') ?? entries.find(({ name }) => name === 'nobody') ?? null
  )
}

function asAccount({ name, uid, gid }: PasswdEntry): PostgresAccount {
  return { description: `account ${name}`, uid, gid, command: (file, args) => ({ file, args, uid, gid }) }
}

function asCapableAccount({ name, uid, gid }: PasswdEntry): PostgresAccount {
  const switchTo = [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
  ]
  return {
    description: `account ${name} with access to closed folders`,
    uid,
    gid,
    command: (file, args) => ({ file: 'setpriv', args: [...switchTo, file, ...args] }),
  }
}

function inUserNamespace({ name, uid, gid }: PasswdEntry): PostgresAccount {
  const namespace = ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--']
  return {
    description: `user namespace as ${name}`,
    uid: 0,
    gid: 0,
    command: (file, args) => ({ file: 'unshare', args: [...namespace, file, ...args] }),
  }
}

function works(account: PostgresAccount, { program, folder }: { program: string; folder: string }): boolean {
  const succeeds = (file: string, args: string[]) => {
    const { file: spawned, args: spawnedArgs, ...identity } = account.command(file, args)
    return spawnSync(spawned, spawnedArgs, { ...identity, cwd: '/', stdio: 'ignore' }).status === 0
  }
  // Not `test -x`: access(2) looks away from capabilities.
  return succeeds(program, ['--version']) && succeeds('ls', ['-d', `${folder}/.`])
}

/** Gives a folder and all that is in it to the account; does nothing where it is the account's already. */
export function giveTo(account: PostgresAccount, folder: string): void {
  if (lstatSync(folder).uid === account.uid) return
  if (process.getuid?.() !== 0) {
    throw new AppError('unavailable', {
      message: `The database folder ${folder} belongs to another user. Start Timbre as that user, or give the folder to yourself.`,
    })
  }
  // The folder itself comes last: an interrupted change is then taken up again.
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    chownLink(path.join(entry.parentPath, entry.name), account)
  }
  chownSync(folder, account.uid, account.gid)
}

function chownLink(file: string, { uid, gid }: PostgresAccount): void {
  if (!lstatSync(file).isSymbolicLink()) chownSync(file, uid, gid)
}
