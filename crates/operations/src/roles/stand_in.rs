//! Members of a cluster stand in for each other: what a dead one was asked, and what it was doing, is gone on with by
//! those that live. Its claims end with their leases. When it was only thought dead, it has called off before then what it
//! was doing to the storage, and the fences keep it from writing over rows that others changed meanwhile.

use std::collections::BTreeSet;

use store::{Conn, StoreError};

use super::Post;
use crate::Backend;

/// Whether a member of the cluster of `backend` beats, other than itself.
pub(super) async fn has_company(post: &Post, backend: &Backend) -> Result<bool, StoreError> {
    let (alive, _) = others(post, backend, post.verbs.service_down_time_s()).await?;
    Ok(!alive.is_empty())
}

/// Looks for dead members of the cluster and takes up their work, until the process ends. A member that comes back is
/// not left: each operation is claimed by one of them.
pub(super) async fn keep_watch(post: Post, backend: Backend, work: impl Fn(&str)) {
    let mut taken_up = BTreeSet::new();
    let after_s = stands_in_after_s(&post);
    loop {
        match others(&post, &backend, after_s).await {
            Ok((_, dead)) => {
                for host in dead.into_iter().filter(|host| taken_up.insert(host.clone())) {
                    tracing::warn!(
                        backend = backend.host,
                        host,
                        "stands in for a dead member of the cluster"
                    );
                    work(&host);
                }
            }
            Err(error) => {
                tracing::error!(backend = backend.host, error = error.chain(), "cannot look for dead members")
            }
        }
        if !post.pause(post.report_interval).await {
            return;
        }
    }
}

/// After how many seconds without a heartbeat others do the work of a member: what it had begun is free after its lease, and
/// what waits need not wait longer. Nothing is lost when it lives after all, so nobody waits until it counts as dead.
fn stands_in_after_s(post: &Post) -> i64 {
    let two_beats_s = i64::try_from(post.report_interval.as_secs().saturating_mul(2)).unwrap_or(i64::MAX);
    post.verbs.service_down_time_s().min(two_beats_s.max(post.worker.lease_ms / 1000))
}

/// The other members of its cluster: those that have beaten in the last seconds, and those that have not.
async fn others(
    post: &Post,
    backend: &Backend,
    down_after_s: i64,
) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let Some(cluster) = backend.cluster.clone() else { return Ok((Vec::new(), Vec::new())) };
    let ours = backend.host.clone();
    let find = move |conn: &Conn<'_>| {
        let now = conn.now();
        let members = store::clusters::others(conn, &cluster, &ours)?;
        let (alive, dead): (Vec<_>, Vec<_>) = members.into_iter().partition(|it| it.is_up(now, down_after_s));
        let hosts = |members: Vec<model::service::Service>| members.into_iter().map(|it| it.host).collect();
        Ok((hosts(alive), hosts(dead)))
    };
    post.store.read(find).await
}
