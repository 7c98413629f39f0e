//! Tasks, and those of an image.

use auth::policy::ImageRule;
use axum::response::Response;
use model::OperationId;
use model::image::TaskStatus;
use operations::image::{Denied, record};
use serde_json::{Map, Value};
use wire::Fault;
use wire::fault::echo;
use wire::image::tasks;

use super::Call;
use super::call::{fault, json};

/// `GET /v2/images/{image_id}/tasks`.
pub(crate) async fn of_image(call: Call) -> Result<Response, Fault> {
    let caller = call.caller(&[ImageRule::GetImage]);
    let id = call.image_id()?;
    record::show(&call.api.images, &caller, id).await.map_err(fault)?;
    let read = call.api.images.desk.store.read(move |conn| store::image_tasks::of_image(conn, id));
    let found = read.await.map_err(|error| fault(Denied::Store(error)))?;
    Ok(json(200, &tasks::of_image(&found)))
}

/// `GET /v2/tasks`.
pub(crate) async fn index(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::TasksApiAccess)?;
    let params = call.params()?;
    let status = match params.get("status") {
        None => None,
        Some(word) => Some(
            word.parse::<TaskStatus>()
                .map_err(|_| Fault::bad_request(format!("Invalid status value: {}", echo(word))))?,
        ),
    };
    let limit = match params.get("limit") {
        None => call.api.settings.default_page,
        Some(text) => text.parse().map_err(|_| Fault::bad_request("limit param must be an integer"))?,
    };
    let limit = limit.min(call.api.settings.max_page);
    let marker = match params.get("marker") {
        None => None,
        Some(text) => Some(id(text)?),
    };
    let query = store::image_tasks::Query {
        owner: if call.is_admin { None } else { call.project() },
        kind: params.get("type").map(str::to_owned),
        status,
        after: marker,
        limit,
    };
    let read = call.api.images.desk.store.read(move |conn| store::image_tasks::list(conn, &query));
    let found = read.await.map_err(|error| fault(Denied::Store(error)))?;
    let mut view = Map::new();
    view.insert(
        "tasks".to_owned(),
        Value::Array(found.iter().map(|task| tasks::task(task, false)).collect()),
    );
    let rest = params.without("marker");
    let first = if rest.is_empty() { "/v2/tasks".to_owned() } else { format!("/v2/tasks?{rest}") };
    view.insert("first".to_owned(), Value::String(first));
    view.insert("schema".to_owned(), Value::String("/v2/schemas/tasks".to_owned()));
    if let (true, Some(last)) = (found.len() == limit, found.last()) {
        let next = params.next_page(&last.id.to_string());
        view.insert("next".to_owned(), Value::String(format!("/v2/tasks?{next}")));
    }
    Ok(json(200, &Value::Object(view)))
}

fn id(text: &str) -> Result<OperationId, Fault> {
    text.parse().map_err(|_| Fault::new(404, format!("Task with the given id {} was not found", echo(text))))
}

/// `GET /v2/tasks/{task_id}`.
pub(crate) async fn show(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::TasksApiAccess)?;
    let id = id(call.part("task_id"))?;
    let read = call.api.images.desk.store.read(move |conn| store::image_tasks::get(conn, id));
    let found = read.await.map_err(|error| fault(Denied::Store(error)))?;
    let found = found.ok_or_else(|| Fault::new(404, format!("Task with the given id {id} was not found")))?;
    Ok(json(200, &tasks::task(&found, true)))
}

/// `DELETE /v2/tasks/{task_id}`: tasks are forgotten, not deleted.
pub(crate) async fn delete(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::TasksApiAccess)?;
    Err(Fault::new(405, "This task type cannot be deleted.").with_header("Allow", "GET"))
}

/// `POST /v2/tasks`: an image made of a record and an address, for administrators.
pub(crate) async fn create(mut call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::TasksApiAccess)?;
    let body = wire::image::body(&call.read().await?)?;
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind != "import" {
        return Err(Fault::bad_request(format!("Invalid task type: {}", echo(kind))));
    }
    let input = body.get("input").ok_or_else(|| Fault::bad_request("Task input is missing"))?;
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    let missing = |key: &str| Fault::bad_request(format!("Input does not contain '{key}' field"));
    let url = text("import_from").ok_or_else(|| missing("import_from"))?.to_owned();
    text("import_from_format").ok_or_else(|| missing("import_from_format"))?;
    let properties = input.get("image_properties").ok_or_else(|| missing("image_properties"))?.to_string();
    let allowed = call.api.images.web.as_ref().is_some_and(|web| web.check(&url).is_ok());
    if !allowed {
        return Err(Fault::bad_request(format!("URI for import does not pass filtering: {}", echo(&url))));
    }
    let formats = &call.api.settings.formats;
    let image = wire::image::create::parse(properties.as_bytes(), call.project(), formats)?;
    call.require_for(ImageRule::AddImage, &image)?;
    let image = record::create(&call.api.images, image).await.map_err(fault)?;
    let import = operations::image::import::Import {
        origin: operations::image::import::Origin::Web(url),
        stores: Vec::new(),
        all_stores: false,
        all_must_succeed: true,
        inherited: Vec::new(),
        kind: operations::image::import::BY_TASK,
        raw: input.to_string(),
    };
    let caller = call.caller(&[ImageRule::ModifyImage]);
    let task = operations::image::import::accept(&call.api.images, &caller, image.id, import).await;
    let task = task.map_err(fault)?;
    let read = call.api.images.desk.store.read(move |conn| store::image_tasks::get(conn, task));
    let found = read.await.map_err(|error| fault(Denied::Store(error)))?;
    Ok(json(201, &found.map_or(Value::Null, |task| tasks::task(&task, true))))
}
