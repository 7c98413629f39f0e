//! `cargo xtask deb`: a Debian package of the release build.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::{output_of, released, target_dir, workspace_root};

/// What to do.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Another binary than the release build
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What is copied as it is: from below `packaging/`, to where.
const FILES: [(&str, &str); 14] = [
    ("systemd", "usr/lib/systemd/system"),
    ("besser.sysusers", "usr/lib/sysusers.d/besser.conf"),
    ("besser.tmpfiles", "usr/lib/tmpfiles.d/besser.conf"),
    ("examples/all-in-one.conf", "etc/besser/besser.conf"),
    ("debian/default", "etc/default/besser"),
    ("debian/copyright", "usr/share/doc/besser/copyright"),
    ("examples", "usr/share/doc/besser/examples"),
    ("monitoring", "usr/share/doc/besser/monitoring"),
    ("../docs/operations.md", "usr/share/doc/besser/operations.md"),
    ("../docs/many-machines.md", "usr/share/doc/besser/many-machines.md"),
    ("../docs/attach.md", "usr/share/doc/besser/attach.md"),
    ("../docs/compatibility.md", "usr/share/doc/besser/compatibility.md"),
    ("../README.md", "usr/share/doc/besser/README.md"),
    ("../CHANGELOG.md", "usr/share/doc/besser/CHANGELOG.md"),
];
/// What dpkg reads, from `packaging/debian`; the others are scripts.
const CONFFILES: &str = "conffiles";
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];

/// Builds the program, and the package of it.
pub(crate) fn run(arguments: &Arguments) -> io::Result<bool> {
    let Some(binary) = released(arguments.binary.as_deref())? else { return Ok(false) };
    println!("{}", build(&binary)?.display());
    Ok(true)
}

/// Where the units and everything else about packages is.
pub(crate) fn packaging() -> PathBuf {
    workspace_root().join("packaging")
}

/// Makes the package of a binary; its path.
pub(crate) fn build(binary: &Path) -> io::Result<PathBuf> {
    let architecture = output_of(Command::new("dpkg").arg("--print-architecture"))?.trim().to_owned();
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("besser_{version}_{architecture}");
    let root = target_dir()?.join("deb").join(&name);
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    for (from, to) in FILES {
        copy(&packaging().join(from), &root.join(to))?;
    }
    copy(binary, &root.join("usr/bin/besser"))?;
    fs::set_permissions(root.join("usr/bin/besser"), fs::Permissions::from_mode(0o755))?;
    manual(binary, &root.join("usr/share/man/man1"))?;
    let sums = sums(&root)?;
    let control = root.join("DEBIAN");
    fs::create_dir_all(&control)?;
    fs::write(control.join("md5sums"), sums)?;
    for script in SCRIPTS {
        copy(&packaging().join("debian").join(script), &control.join(script))?;
        fs::set_permissions(control.join(script), fs::Permissions::from_mode(0o755))?;
    }
    copy(&packaging().join("debian").join(CONFFILES), &control.join(CONFFILES))?;
    let size = output_of(Command::new("du").args(["--summarize", "--apparent-size", "-k"]).arg(&root))?;
    let template = fs::read_to_string(packaging().join("debian/control"))?;
    let text = template
        .replace("@VERSION@", version)
        .replace("@ARCHITECTURE@", &architecture)
        .replace("@GLIBC@", &glibc(&fs::read(binary)?))
        .replace("@SIZE@", size.split_whitespace().next().unwrap_or("0"));
    fs::write(control.join("control"), text)?;
    let package = root.with_file_name(format!("{name}.deb"));
    // Better compression takes minutes and wins little.
    let quickly = ["--root-owner-group", "-Zxz", "-z1", "--build"];
    output_of(Command::new("dpkg-deb").args(quickly).arg(&root).arg(&package))?;
    Ok(package)
}

/// Copies a file, or a directory with all that is in it, for everybody to read.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(directory) = to.parent() {
        fs::create_dir_all(directory)?;
    }
    let copied = fs::copy(from, to).and_then(|_| fs::set_permissions(to, fs::Permissions::from_mode(0o644)));
    copied.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", from.display())))
}

/// The manual pages, as the program itself writes them.
fn manual(binary: &Path, directory: &Path) -> io::Result<()> {
    output_of(Command::new(binary).arg("manual").arg(directory))?;
    for page in fs::read_dir(directory)? {
        output_of(Command::new("gzip").args(["-9", "--no-name"]).arg(page?.path()))?;
    }
    Ok(())
}

/// The hash of every file, as `dpkg --verify` compares them.
fn sums(root: &Path) -> io::Result<String> {
    let find = ["-type", "f", "-not", "-path", "./etc/*", "-exec", "md5sum", "{}", "+"];
    let sums = output_of(Command::new("find").arg(".").args(find).current_dir(root))?;
    let mut lines: Vec<String> = sums.lines().map(|line| line.replacen("./", "", 1)).collect();
    lines.sort_by(|a, b| a.split_once(' ').cmp(&b.split_once(' ')));
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// The newest version of the C library that a program asks for: its table of versions names each as `GLIBC_2.34`.
fn glibc(program: &[u8]) -> String {
    const NAME: &[u8] = b"GLIBC_2.";
    let minor = |at: usize| {
        let digits = program[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0_u32, |number, digit| number.saturating_mul(10).saturating_add(u32::from(digit - b'0')))
    };
    let found = program.windows(NAME.len()).enumerate().filter(|(_, bytes)| *bytes == NAME);
    let newest = found.map(|(at, _)| minor(at)).filter(|minor| *minor < 100).max();
    format!("2.{}", newest.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_library_is_the_one_that_is_needed() {
        assert_eq!(glibc(b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_PRIVATE\0GLIBC_2."), "2.34");
        assert_eq!(glibc(b""), "2.0");
    }
}
