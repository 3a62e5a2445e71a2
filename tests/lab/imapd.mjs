// imapd: a real IMAP server (Debian's dovecot-imapd) with one mailbox, as an ordinary user on a port of its own.
//
// const imap = await Imapd.start(); imap.put(text); ... await imap.stop();   Imapd.missing says why not.
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, freePort, until } from "./way.mjs";

const binary = "/usr/sbin/dovecot";
const nobody = 65534;

const settings = (dir, port, user, group, uid, gid) => `base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
mail_location = maildir:${dir}/Maildir
first_valid_uid = ${uid}
first_valid_gid = ${gid}
passdb {
  driver = passwd-file
  args = scheme=PLAIN ${dir}/passwd
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${dir}
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`;

export class Imapd {
  static missing = existsSync(binary) && existsSync("/usr/lib/dovecot/imap") ? undefined : "dovecot-imapd is not installed";

  static async start({ user = "sansang", password = "mật khẩu" } = {}) {
    const imap = new Imapd(), root = process.getuid() === 0;
    const [uid, gid] = root ? [nobody, nobody] : [process.getuid(), process.getgid()];
    imap.dir = mkdtempSync(join(tmpdir(), "sansang-imap."));
    Object.assign(imap, { user, password, uid, gid, count: 0, port: await freePort() });
    chmodSync(imap.dir, 0o755);
    for (const name of ["", "run", "Maildir", "Maildir/new", "Maildir/cur", "Maildir/tmp"]) {
      if (name) mkdirSync(join(imap.dir, name));
      if (root) chownSync(join(imap.dir, name), uid, gid);
    }
    writeFileSync(join(imap.dir, "passwd"), `${user}:{PLAIN}${password}::::::\n`);
    const [name, group] = ["-un", "-gn"].map((what) => execFileSync("id", root ? [what, "nobody"] : [what]).toString().trim());
    writeFileSync(join(imap.dir, "dovecot.conf"), settings(imap.dir, imap.port, name, group, uid, gid));
    await imap.again();
    return imap;
  }

  // Starts it, also after program.stop().
  async again() {
    const root = process.getuid() === 0;
    this.program = new Program("dovecot", binary, ["-F", "-c", join(this.dir, "dovecot.conf")], root ? { uid: this.uid, gid: this.gid } : {});
    await until("IMAP server", () => {
      if (this.program.result) throw new Error(this.program.output);
      return new Promise((done) => {
        const socket = connect(this.port, "127.0.0.1").on("error", () => done(false));
        socket.on("data", (text) => (socket.destroy(), done(/OK/.test(text))));
      });
    });
  }

  // Delivers as a mail server does: written aside, then moved.
  put(text) {
    const name = `${Date.now()}.${++this.count}.lab`, path = join(this.dir, "Maildir/new", name);
    writeFileSync(path, text.replace(/\r?\n/g, "\r\n"));
    if (process.getuid() === 0) chownSync(path, this.uid, this.gid);
    return name;
  }
  // Files as they lie there, flags behind ":2,".
  files() {
    return ["new", "cur"].flatMap((folder) => readdirSync(join(this.dir, "Maildir", folder)).map((name) => `${folder}/${name}`));
  }
  seen() {
    return this.files().filter((name) => /:2,\w*S/.test(name)).length;
  }

  async stop() {
    await this.program.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
