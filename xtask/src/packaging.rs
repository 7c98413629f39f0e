//! Whether what is shipped beside the program is of use: units, the package, examples, alerts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::commands::{is_installed, output_of, target_dir};
use crate::deb::{self, packaging};
use crate::packages::install_package;
use crate::suite::Tally;

/// Units as they are started.
const UNITS: [&str; 8] = [
    "besser.service",
    "besser@identity.service",
    "besser@api.service",
    "besser@scheduler.service",
    "besser@volume.service",
    "besser@image.service",
    "besser@backup.service",
    "besser-agent.service",
];
/// Where the machine has units of its own.
const SYSTEM_UNITS: &str = "/usr/lib/systemd/system:/lib/systemd/system";
/// What a service that needs no device may be exposed to at most, in tenths of systemd's points (10 are all there are).
const MOST_EXPOSED: &str = "20";
/// Configurations that operators begin with.
const EXAMPLES: [&str; 3] = ["all-in-one.conf", "control.conf", "storage-node.conf"];

/// Looks at all of it, with this binary.
pub(crate) fn check(tally: &mut Tally, binary: &Path) {
    if !is_installed("systemd-analyze") {
        install_package("systemd");
    }
    look(tally, "examples", examples(binary));
    look(tally, "container", container());
    look(tally, "package", package(binary));
    match is_installed("systemd-analyze") {
        true => look(tally, "units", units(binary)),
        false => tally.skip("the check of units", "systemd-analyze is not installed"),
    }
    match promtool() {
        Ok(promtool) => look(tally, "alerts", alerts(&promtool)),
        Err(why) => tally.skip("the check of alerts", &why.to_string()),
    }
}

fn look(tally: &mut Tally, name: &str, looked: io::Result<()>) {
    match looked {
        Ok(()) => tally.check(name, true),
        Err(why) => tally.fail(&format!("packaging: {name}: {why}")),
    }
}

/// Every option of every example is one, and has a value that it may have.
fn examples(binary: &Path) -> io::Result<()> {
    for example in EXAMPLES {
        let file = packaging().join("examples").join(example);
        let said = output_of(Command::new(binary).args(["config", "check"]).arg(&file))?;
        if !said.contains("0 errors, 0 other findings") {
            return Err(io::Error::other(format!("{example}: {said}")));
        }
    }
    Ok(())
}

/// What is copied into the image is there.
fn container() -> io::Result<()> {
    let text = fs::read_to_string(packaging().join("container/Containerfile"))?;
    let copies = text.lines().filter_map(|line| line.strip_prefix("COPY packaging/"));
    let sources: Vec<&str> = copies.filter_map(|line| line.split_whitespace().next()).collect();
    let missing = sources.iter().find(|source| !packaging().join(source).is_file());
    match (sources.is_empty(), missing) {
        (false, None) => Ok(()),
        (_, missing) => Err(io::Error::other(format!("it copies what is not there: {missing:?}"))),
    }
}

/// systemd understands every line of every unit, and what needs no device has little to do harm with.
fn units(binary: &Path) -> io::Result<()> {
    let copy = scratch()?;
    let path = copy.path().display().to_string();
    output_of(Command::new("cp").arg("-r").arg(packaging().join("systemd/.")).arg(copy.path()))?;
    for unit in ["besser.service", "besser@.service", "besser-agent.service"] {
        // The program has to be there; it is not installed here.
        let file = copy.path().join(unit);
        let text = fs::read_to_string(&file)?;
        fs::write(file, text.replace("/usr/bin/besser", &binary.display().to_string()))?;
    }
    for unit in UNITS {
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no", unit]).env("SYSTEMD_UNIT_PATH", format!("{path}:{SYSTEM_UNITS}"));
        let output = verify.output()?;
        // What it does not know, it only mentions.
        let said = String::from_utf8_lossy(&output.stderr).replace(&path, "");
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("besser")).collect();
        if !output.status.success() || !ours.is_empty() {
            return Err(io::Error::other(format!("{unit}: {said}")));
        }
    }
    for unit in ["besser.service", "besser@.service"] {
        let unit = copy.path().join(unit);
        let mut measure = Command::new("systemd-analyze");
        measure.args(["security", "--offline=true", "--no-pager", "--threshold", MOST_EXPOSED]).arg(unit);
        output_of(&mut measure)?;
    }
    Ok(())
}

/// Prometheus understands the alerts. Whether their metrics exist, the story `monitoring` tells.
fn alerts(promtool: &Path) -> io::Result<()> {
    let monitoring = packaging().join("monitoring");
    output_of(Command::new(promtool).args(["check", "config", "prometheus.yml"]).current_dir(monitoring))?;
    Ok(())
}

/// Prometheus' own tool, alone: its package brings a dozen others along.
fn promtool() -> io::Result<PathBuf> {
    if is_installed("promtool") {
        return Ok("promtool".into());
    }
    let directory = target_dir()?.join("promtool");
    let tool = directory.join("usr/bin/promtool");
    if !is_installed(&tool) {
        fs::create_dir_all(&directory)?;
        output_of(Command::new("apt-get").args(["download", "prometheus"]).current_dir(&directory))?;
        let extract = "dpkg-deb --fsys-tarfile prometheus_*.deb | tar --extract ./usr/bin/promtool";
        output_of(Command::new("sh").args(["-e", "-c", extract]).current_dir(&directory))?;
    }
    Ok(tool)
}

/// The package can be read, its files are where they belong, its program runs, and its users and directories are made.
fn package(binary: &Path) -> io::Result<()> {
    let package = deb::build(binary)?;
    let fields = output_of(Command::new("dpkg-deb").arg("--info").arg(&package))?;
    if fields.lines().any(|line| line.contains(": @") || line.contains(">= @")) {
        return Err(io::Error::other(format!("a field has no value: {fields}")));
    }
    let root = scratch()?;
    output_of(Command::new("dpkg-deb").arg("--raw-extract").arg(&package).arg(root.path()))?;
    let at = |path: &str| root.path().join(path);
    for line in fs::read_to_string(at("DEBIAN/conffiles"))?.lines() {
        exists(&at(line.trim_start_matches('/')))?;
    }
    for script in ["postinst", "prerm", "postrm"] {
        output_of(Command::new("sh").arg("-n").arg(at("DEBIAN").join(script)))?;
    }
    output_of(
        Command::new("md5sum").args(["--check", "--quiet", "DEBIAN/md5sums"]).current_dir(root.path()),
    )?;
    for page in ["besser.1.gz", "besser-serve.1.gz", "besser-agent.1.gz"] {
        exists(&at("usr/share/man/man1").join(page))?;
    }
    output_of(Command::new(at("usr/bin/besser")).arg("--version"))?;
    if is_installed("systemd-sysusers") {
        let root = format!("--root={}", root.path().display());
        output_of(Command::new("systemd-sysusers").args([&root, "besser.conf"]))?;
        let users = fs::read_to_string(at("etc/passwd"))?;
        if !users.lines().any(|line| line.starts_with("besser:")) {
            return Err(io::Error::other(format!("there is no user besser: {users}")));
        }
    }
    Ok(())
}

fn exists(path: &Path) -> io::Result<()> {
    let found = fs::metadata(path).map(drop);
    found.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn scratch() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("besser-packaging-").tempdir()
}
