use super::*;

fn parsed(url: &str) -> DatabaseServer {
    match DatabaseUrl::parse(url) {
        Ok(DatabaseUrl::Server(server)) => *server,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_url_of_an_operator() {
    let server = parsed("mysql+pymysql://cinder:p%40ss%2Fword@controller:3307/cinder?charset=utf8&plugin=x");
    assert_eq!(server.engine, DatabaseEngine::MariaDb);
    assert_eq!((server.host.as_deref(), server.port), (Some("controller"), Some(3307)));
    assert_eq!(server.user.as_deref(), Some("cinder"));
    assert_eq!(server.password.as_ref().map(|secret| secret.expose().as_str()), Some("p@ss/word"));
    assert_eq!(
        (server.database.as_str(), server.tls, server.ignored),
        ("cinder", Tls::Off, vec!["plugin".to_owned()])
    );
    let server = parsed("postgresql+psycopg2://cinder@[fd00::1]/volumes");
    assert_eq!(server.engine, DatabaseEngine::PostgreSql);
    assert_eq!(
        (server.host.as_deref(), server.port, server.password.is_none()),
        (Some("fd00::1"), None, true)
    );
    assert_eq!(server.tls, Tls::IfOffered);
}

#[test]
fn sockets_and_files() {
    let server = parsed("mysql://besser@/cinder?unix_socket=/run/mysqld/mysqld.sock");
    assert_eq!(server.socket, Some(PathBuf::from("/run/mysqld/mysqld.sock")));
    let server = parsed("postgresql:///cinder?host=/run/postgresql&port=5433");
    assert_eq!((server.socket, server.port), (Some(PathBuf::from("/run/postgresql")), Some(5433)));
    for (url, wanted) in
        [("sqlite:////var/lib/b.sqlite", "/var/lib/b.sqlite"), ("sqlite:///b.sqlite", "b.sqlite")]
    {
        let Ok(DatabaseUrl::File(path)) = DatabaseUrl::parse(url) else { panic!("{url}") };
        assert_eq!(path, PathBuf::from(wanted));
    }
}

#[test]
fn tls_is_what_the_libraries_of_python_make_of_it() {
    let mysql = |options: &str| parsed(&format!("mysql://h/d?{options}")).tls;
    let on = |authorities: Option<&str>, verify| Tls::On {
        authorities: authorities.map(PathBuf::from),
        identity: None,
        verify,
    };
    assert_eq!(mysql("ssl_ca=/ca.pem"), on(Some("/ca.pem"), Verify::Name));
    assert_eq!(mysql("ssl_ca=/ca.pem&ssl_check_hostname=false"), on(Some("/ca.pem"), Verify::Authority));
    assert_eq!(mysql("ssl_verify_cert=false"), on(None, Verify::Nothing));
    assert_eq!(mysql("ssl_ca=/ca.pem&ssl_disabled=true"), Tls::Off);
    let Tls::On { identity, .. } = mysql("ssl_cert=/c.pem&ssl_key=/k.pem") else { panic!("off") };
    assert_eq!(identity, Some((PathBuf::from("/c.pem"), PathBuf::from("/k.pem"))));
    let postgres = |options: &str| parsed(&format!("postgresql://h/d?{options}")).tls;
    assert_eq!(postgres("sslmode=disable"), Tls::Off);
    assert_eq!(postgres("sslmode=require"), on(None, Verify::Nothing));
    assert_eq!(postgres("sslmode=verify-full&sslrootcert=/ca.pem"), on(Some("/ca.pem"), Verify::Name));
    assert_eq!(postgres("sslmode=require&sslrootcert=/ca.pem"), on(Some("/ca.pem"), Verify::Authority));
}

#[test]
fn what_is_wrong_is_said_without_the_password() {
    let said = |url: &str| DatabaseUrl::parse(url).map(|_| ()).unwrap_err().to_string();
    for url in [
        "s3cr3t",
        "oracle://u:s3cr3t@h/d",
        "mysql://u:s3cr3t@h",
        "mysql://u:s3cr3t@h:99999/d",
        "mysql://u:s3cr3t%4@h/d",
        "mysql://u:s3cr3t@[::1/d",
        "mysql://u:s3cr3t@h/d?ssl_capath=/etc",
        "mysql://u:s3cr3t@h/d?ssl_verify_cert=perhaps",
        "postgresql://u:s3cr3t@h/d?sslmode=s3cr3t",
        "postgresql://u:s3cr3t@h/d?sslmode=require&sslcert=/c.pem",
        "sqlite://",
        "sqlite:///:memory:",
    ] {
        let said = said(url);
        assert!(!said.is_empty() && !said.contains("s3cr3t"), "{url}: {said}");
    }
    let url = DatabaseUrl::parse("mysql+pymysql://cinder:s3cr3t@db/cinder").unwrap();
    assert_eq!(format!("{url} {url:?}"), "mysql://db/cinder mysql://db/cinder");
}

#[test]
fn the_defaults_are_a_file_and_patience() {
    let read = |text: &str| {
        let mut config = Config::default();
        config.overlay("x.conf", text.as_bytes()).unwrap();
        Database::read(&config)
    };
    let database = read("").unwrap();
    assert!(database.place.is_none());
    assert_eq!((database.max_pool_size, database.connection_recycle_s), (10, Some(3600)));
    assert_eq!(
        (database.max_retries, database.retry_interval_s, database.db_max_retries),
        (Some(10), 10, 20)
    );
    let text = "[database]\nconnection = postgresql://c@h/d\nmax_pool_size = 3\nconnection_recycle_time = -1\nmax_retries = -1\n";
    let database = read(text).unwrap();
    assert!(matches!(database.place, Some(DatabaseUrl::Server(_))));
    assert_eq!(
        (database.max_pool_size, database.connection_recycle_s, database.max_retries),
        (3, None, None)
    );
    let wrong = read("[database]\nconnection = mysql://u:s3cr3t@h\n").map(|_| ()).unwrap_err();
    assert_eq!(wrong.to_string(), "[database] connection: names no database");
}
