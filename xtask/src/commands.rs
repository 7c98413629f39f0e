//! Running other programs.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

/// The cargo that runs this task.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace_root());
    command
}

/// The top of the checkout.
pub(crate) fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// What cargo knows of the workspace.
pub(crate) fn metadata() -> io::Result<Value> {
    let text = output_of(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&text).map_err(io::Error::from)
}

/// Where cargo puts what it makes.
pub(crate) fn target_dir() -> io::Result<PathBuf> {
    let metadata = metadata()?;
    let directory = metadata["target_directory"].as_str().map(PathBuf::from);
    directory.ok_or_else(|| io::Error::other("cargo does not say where its target directory is"))
}

/// The program to work with: `given`, or the released one, which is built for it. None when that does not build.
pub(crate) fn released(given: Option<&Path>) -> io::Result<Option<PathBuf>> {
    if let Some(given) = given {
        return Ok(Some(given.to_owned()));
    }
    let (built, _) = show(cargo().args(["build", "--release", "--package", "server", "--bin", "besser"]))?;
    built.then(|| Ok(target_dir()?.join("release/besser"))).transpose()
}

/// Whether the program can be started at all.
pub(crate) fn is_installed(program: impl AsRef<OsStr>) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command to its end and returns what it printed; its complaints are the error.
pub(crate) fn output_of(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| named(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    Err(io::Error::other(format!("{} failed: {}", program(command), last.trim())))
}

/// Of a command that has ended: whether it succeeded, and every line that it printed.
pub(crate) type Watched = (bool, Vec<String>);

/// Runs a command in somebody's eyes.
pub(crate) type Watch = fn(&mut Command) -> io::Result<Watched>;

/// Runs a command whose output is shown as it comes.
pub(crate) fn show(command: &mut Command) -> io::Result<Watched> {
    watch(command, &mut io::stdout(), &mut io::stderr())
}

/// Runs a command whose output is shown by who asks for it.
pub(crate) fn gather(command: &mut Command) -> io::Result<Watched> {
    watch(command, &mut io::sink(), &mut io::sink())
}

fn watch(
    command: &mut Command,
    to: &mut impl Write,
    complaints: &mut (impl Write + Send),
) -> io::Result<Watched> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| named(command, &error))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let lines = Mutex::new(Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| copy_lines(err, complaints, &lines));
        copy_lines(out, to, &lines);
    });
    let success = child.wait()?.success();
    Ok((success, lines.into_inner().unwrap_or_default()))
}

fn copy_lines(from: Option<impl Read>, to: &mut impl Write, lines: &Mutex<Vec<String>>) {
    let Some(from) = from else { return };
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        // A closed terminal is no reason to stop the tests.
        let _ = writeln!(to, "{line}");
        if let Ok(mut lines) = lines.lock() {
            lines.push(line);
        }
    }
}

fn named(command: &Command, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{} cannot be started: {error}", program(command)))
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
