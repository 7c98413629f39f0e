//! Whom a store talks to over TLS, and whom it does not.

use std::path::PathBuf;

use store::engine::{Dialect, Server, Tls, Verify};
use store::{Database, Options, Store, StoreError};
use testdb::TestDatabase;

/// A store on the server as this says how to reach it.
async fn reached(server: &Server, host: &str, tls: Tls) -> Result<(), StoreError> {
    let server = Server { host: Some(host.to_owned()), tls, max_retries: 0, ..server.clone() };
    let options = Options::of(Database::Server(Box::new(server)));
    // The client of PostgreSQL does not want to be in a runtime.
    let opened = tokio::task::spawn_blocking(move || Store::open(options)).await.unwrap();
    let store = opened?;
    store.read(|conn| store::services::list(conn).map(drop)).await?;
    store.write(|_| Ok(())).await
}

fn on(authorities: Option<PathBuf>, verify: Verify) -> Tls {
    Tls::On { authorities, identity: None, verify }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_believed_as_far_as_was_asked() {
    let database = TestDatabase::new();
    let Some((server, certificates)) = database.by_port() else {
        if database.server().is_some() {
            skips::report("BESSER_TEST_DATABASE_TLS names no port and no certificates");
        }
        return;
    };
    let ours = || Some(certificates.join("ca.pem"));
    let other = || Some(certificates.join("other-ca.pem"));
    // The certificate is for `localhost`.
    let (named, by_address) = ("localhost", "127.0.0.1");

    let good = [
        (by_address, on(None, Verify::Nothing)),
        (by_address, on(other(), Verify::Nothing)),
        (by_address, on(ours(), Verify::Authority)),
        (named, on(ours(), Verify::Authority)),
        (named, on(ours(), Verify::Name)),
    ];
    for (host, tls) in good {
        let shown = format!("{host} {tls:?}");
        reached(&server, host, tls).await.unwrap_or_else(|error| panic!("{shown}: {}", error.chain()));
    }
    if server.dialect == Dialect::PostgreSql {
        reached(&server, named, Tls::IfOffered).await.unwrap();
    }

    let (stranger, misnamed) = ("UnknownIssuer", "not valid for name");
    let bad = [
        (named, Tls::Off, ""),
        (named, on(other(), Verify::Authority), stranger),
        (named, on(other(), Verify::Name), stranger),
        (named, on(None, Verify::Authority), stranger),
        (named, on(None, Verify::Name), stranger),
        (by_address, on(ours(), Verify::Name), misnamed),
        (named, on(Some(certificates.join("no-such.pem")), Verify::Name), "no-such.pem"),
    ];
    for (host, tls, why) in bad {
        let shown = format!("{host} {tls:?}");
        let error = reached(&server, host, tls).await.err().map(|error| error.chain());
        assert!(error.as_ref().is_some_and(|error| error.contains(why)), "{shown}: {error:?}");
    }
}
