//! What is measured, and how.

mod attachments;
mod backup;
mod batch;
mod content;
mod copies;
mod creates;
mod images;
mod load;
mod reads;
mod retype;
mod rows;
mod start;
mod transfers;

use std::rc::Rc;

use serde_json::{Value, json};

use crate::arguments::{Arguments, Section};
use crate::error::Error;
use crate::report::Figure;
use crate::service::Service;
use crate::subject::Subject;

/// Measures one section.
pub(crate) async fn run(
    section: Section,
    service: &Rc<Service>,
    subject: &Subject,
    arguments: &Arguments,
) -> Result<Vec<Figure>, Error> {
    match section {
        Section::Start => Ok(start::run(arguments)),
        Section::Show => reads::show(service, arguments).await,
        Section::Accept => creates::accept(service, arguments).await,
        Section::Create => creates::one_by_one(service, arguments).await,
        Section::Batch => batch::run(service, arguments).await,
        Section::Copies => copies::run(service, arguments).await,
        Section::Attachments => attachments::run(service, arguments).await,
        Section::Transfers => transfers::run(service, arguments).await,
        Section::Backup => backup::run(service, subject, arguments).await,
        Section::Retype => retype::run(service, subject, arguments).await,
        Section::Images => images::run(service, subject, arguments).await,
        Section::List100 => reads::list(service, arguments, 100).await,
        Section::List1000 => reads::list(service, arguments, 1000).await,
        Section::Rows => rows::run(service, subject, arguments).await,
    }
}

/// The fields of a volume that holds bytes.
fn fields(arguments: &Arguments) -> Value {
    of_type(arguments.volume_type.as_deref())
}

/// The fields of a volume that only fills a list.
fn filler(arguments: &Arguments) -> Value {
    of_type(arguments.list_type.as_deref().or(arguments.volume_type.as_deref()))
}

fn of_type(volume_type: Option<&str>) -> Value {
    volume_type.map_or_else(|| json!({}), |volume_type| json!({ "volume_type": volume_type }))
}
