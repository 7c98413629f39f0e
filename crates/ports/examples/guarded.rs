//! A host for the guard, as small as one can be: `guarded RECORDS_DIR PROGRAM [ARGUMENT]…` runs a program through
//! itself. The tests of `ports::exec` use it to be killed in the middle.

use std::env;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use ports::exec::{Call, Exec, guard};
use ports::work::Work;

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let Some(first) = args.next() else { return ExitCode::FAILURE };
    if first == guard::SUBCOMMAND {
        return guard::main(args);
    }
    let Some(program) = args.next() else { return ExitCode::FAILURE };
    let exec = Exec::guarded("/proc/self/exe".into(), PathBuf::from(first));
    match exec.run(&Work::new(), &Call::new(program).args(args)) {
        Ok(output) if std::io::stdout().write_all(&output.stdout).is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
