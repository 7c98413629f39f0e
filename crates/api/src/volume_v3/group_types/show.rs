//! `GET /group_types/{group_type_id}`.

use std::sync::Arc;

use operations::group_type::default_type;
use wire::Fault;
use wire::view::group_types::detail;

use super::{load, shows_specs};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

/// What stands in the path for the type that the configuration names as the default one.
const DEFAULT: &str = "default";

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let found = if call.part("group_type_id") == DEFAULT {
        let settings = Arc::clone(&call.api.desk.settings);
        let read = call.api.desk.store.read(move |conn| default_type(conn, &settings));
        read.await.map_err(fault)?
    } else {
        load(&call).await?
    };
    Ok(Reply::json(200, detail(&found, shows_specs(&call))))
}
