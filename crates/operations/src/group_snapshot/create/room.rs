//! Looking whether the pools of the volumes have room for all parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{Next, Step};
use model::{GroupSnapshotId, Volume};
use placement::Request;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Args, TAKE, set_available, set_failed};
use crate::failure::{GIVEN_UP, vanished};
use crate::messages::Detail;
use crate::placing::{self, Outcome};
use crate::{Tools, group_snapshot, volume_queue};

pub(super) fn step(tools: &Tools, operation: &OperationRow, args: Args) -> Step {
    let Some(id) = group_snapshot::of_key(&operation.resource) else { return vanished() };
    let (placer, hints, operation) = (Arc::clone(&tools.placer), tools.hints.clone(), operation.clone());
    Step::Decide(Box::new(move |conn| {
        let mut args = args;
        if store::group_snapshots::get(conn, id)?.is_none() {
            return Ok((Next::Failed("its group snapshot is gone".to_owned()), None));
        }
        if operation.abandoned {
            return no_room(conn, &operation, id, GIVEN_UP);
        }
        let demands = match demands(conn, id)? {
            Ok(demands) => demands,
            Err(why) => return no_room(conn, &operation, id, &why),
        };
        for (pool, (volume, size_gib)) in &demands {
            let mut request = Request::create(*size_gib);
            request.resource_backend = Some(pool.clone());
            placing::describe(conn, &mut request, volume)?;
            if let Outcome::Nowhere(nowhere) = placer.choose(conn, request)? {
                return match nowhere.wait(conn, &hints, &mut args.refused_at) {
                    Ok(wait) => Ok((wait, Some(args.to_json()))),
                    Err(why) => no_room(conn, &operation, id, &why),
                };
            }
        }
        let Some(pool) = demands.keys().next() else {
            // A group without volumes: there is nothing to take.
            set_available(conn, id)?;
            return Ok((Next::Done, None));
        };
        let queue = volume_queue(model::service::backend_of(pool));
        Ok((Next::Hand { queue, phase: TAKE }, None))
    }))
}

/// What each pool has to take, in GiB, and one of the volumes there; or what is in the way.
type Demands = BTreeMap<String, (Volume, u64)>;

fn demands(conn: &Conn<'_>, id: GroupSnapshotId) -> Result<Result<Demands, String>, StoreError> {
    let mut demands = Demands::new();
    for part in store::group_snapshots::parts(conn, id)? {
        let found = store::volumes::get(conn, part.volume_id)?;
        let Some((volume, pool)) = found.and_then(|it| it.host.clone().map(|host| (it, host))) else {
            return Ok(Err(format!("volume {} is gone", part.volume_id)));
        };
        let demand = demands.entry(pool).or_insert((volume, 0));
        demand.1 = demand.1.saturating_add(part.size_gib);
    }
    Ok(Ok(demands))
}

fn no_room(
    conn: &Conn<'_>,
    operation: &OperationRow,
    id: GroupSnapshotId,
    why: &str,
) -> Result<(Next, Option<String>), StoreError> {
    set_failed(conn, operation, id, &Detail::NoPool(why.to_owned()))?;
    Ok((Next::Failed(why.to_owned()), None))
}
