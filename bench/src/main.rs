//! Measures a Block Storage service from outside, over HTTP: Besser's own release binary, which it starts for itself, or any
//! other endpoint, so that the same figures can stand side by side.
//!
//! The load comes from one thread with keep-alive connections, because it shares the machine with what it measures.

#![allow(
    clippy::disallowed_methods,
    reason = "a load generator opens connections and reads clocks itself; it is no part of the product"
)]

mod arguments;
mod client;
mod error;
mod images;
mod login;
mod report;
mod sections;
mod seed;
mod service;
mod stats;
mod subject;

use std::process::ExitCode;
use std::rc::Rc;

use clap::Parser;

use arguments::{Arguments, Section};
use error::Error;
use report::Report;
use subject::Subject;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let measured = runtime.map_err(Error::from).and_then(|runtime| {
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, measure(&arguments))
    });
    match measured {
        Ok(report) => {
            print!("{report}");
            if report.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<Report, Error> {
    let subject = Subject::find(arguments)?;
    let service = Rc::new(subject.log_in(arguments).await?);
    let mut report = Report::begin(&service, &subject);
    if !service.lift_quotas().await {
        eprintln!("the quotas could not be lifted: large sections may be refused");
    }
    // A foreign deployment is not ours to start.
    let fitting = |section: &&Section| **section != Section::Start || subject.is_own();
    for section in arguments.sections.iter().filter(fitting) {
        eprintln!("measuring {section} …");
        let before = subject.cpu_time();
        let outcome = sections::run(*section, &service, &subject, arguments).await;
        report.add(*section, outcome, subject.cpu_time().saturating_sub(before));
    }
    if !arguments.keep {
        service.delete_everything_made().await?;
    }
    report.end(&subject);
    if let Some(path) = &arguments.json {
        std::fs::write(path, report.to_json())?;
    }
    Ok(report)
}
