//! Tasks: what clients watch of imports.

use model::image::ImageTask;
use serde_json::{Value, json};

use super::view::time;

/// One task; `full` shows what went in and what came out.
#[must_use]
pub fn task(task: &ImageTask, full: bool) -> Value {
    let mut view = json!({
        "id": task.id,
        "type": task.kind,
        "status": task.status,
        "owner": task.owner,
        "user_id": task.user_id,
        "image_id": task.image_id,
        "request_id": task.request_id,
        "created_at": time(task.created_at),
        "updated_at": time(task.updated_at),
        "expires_at": task.expires_at.map(time),
        "self": format!("/v2/tasks/{}", task.id),
        "schema": "/v2/schemas/task",
    });
    if full {
        view["input"] = serde_json::from_str(&task.input).unwrap_or(Value::Null);
        view["result"] =
            task.result.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
        view["message"] = Value::String(task.message.clone());
    }
    view
}

/// The tasks of an image.
#[must_use]
pub fn of_image(tasks: &[ImageTask]) -> Value {
    let tasks: Vec<Value> = tasks.iter().map(|one| task(one, true)).collect();
    json!({"tasks": tasks})
}
