use super::*;
use crate::value::judge;

const DATA: [&str; 2] =
    [include_str!("../../data/options.csv"), include_str!("../../data/library_options.csv")];

#[test]
fn every_row_of_the_data_is_well_formed() {
    for csv in DATA {
        let bad: Vec<_> = row::rows(csv).filter_map(Result::err).collect();
        assert_eq!(bad, []);
    }
    let lines: usize = DATA.iter().map(|csv| csv.lines().count() - 1).sum();
    assert_eq!(table().iter().count(), lines);
    assert_eq!(table().index.len(), lines, "a name twice in one scope");
}

#[test]
fn malformed_rows_are_refused() {
    let good = "backend,a,int,1,..5,,secret,renamed:[DEFAULT]b,\"x, y\"";
    let spec = row::rows(good).next().unwrap().unwrap();
    assert_eq!((spec.max, spec.secret, spec.meaning), (Some(5), true, "x, y"));
    assert_eq!(spec.standing, Standing::Renamed(Scope::Section("DEFAULT"), "b"));
    let bad = [
        "backend,a,int,1,..5,,secret,",
        "backend,a,int,1,..5,,secret,,m,more",
        "backend,a,number,,,,,,m",
        "backend,a,int,,5,,,,m",
        "backend,a,int,,a..b,,,,m",
        "backend,a,int,,,,,gone,m",
        "backend,a,int,,,,,,\"m",
        "backend,a,int,,,,,,\"m\"n",
    ];
    for bad in bad {
        assert!(row::rows(bad).next().unwrap().is_err(), "{bad}");
    }
}

#[test]
fn every_default_is_a_value_of_its_option() {
    for spec in table().iter() {
        let Some(default) = spec.default.filter(|default| !default.contains('$')) else { continue };
        assert_eq!(judge(default, spec), Ok(()), "{} = {default}", spec.name);
    }
}

#[test]
fn every_renamed_option_leads_to_a_current_one() {
    for spec in table().iter() {
        let Standing::Renamed(scope, name) = spec.standing else { continue };
        let target = table().get(scope, name).unwrap_or_else(|| panic!("{} leads nowhere", spec.name));
        assert!(target.standing.is_current(), "{}", spec.name);
        assert_eq!(target.secret, spec.secret, "{}", spec.name);
        assert!(table().old_names(scope, name).contains(&(spec.scope, spec.name)));
    }
}

#[test]
fn names_that_sound_secret_are() {
    let innocent = [
        "chap_password_len",
        "rbd_secret_uuid",
        "token_cache_time",
        "token_auth_url",
        "token_file",
        "token_role",
    ];
    for spec in table().iter().filter(|spec| !innocent.contains(&spec.name) && spec.kind == OptionType::Str) {
        let sounds_secret = ["password", "secret_key", "_secret"].iter().any(|word| spec.name.contains(word));
        assert!(spec.secret || !sounds_secret, "{}", spec.name);
    }
    for (scope, name) in [
        (Scope::Section("DEFAULT"), "transport_url"),
        (Scope::Section("DEFAULT"), "sql_connection"),
        (Scope::Section("database"), "connection"),
        (Scope::Section("keystone_authtoken"), "admin_password"),
        (Scope::Backend, "chap_password"),
        (Scope::Backend, "eqlx_chap_password"),
        (Scope::Backend, "replication_device"),
    ] {
        assert!(table().get(scope, name).unwrap().secret, "{name}");
    }
}

#[test]
fn old_names_mean_the_new_ones() {
    let current = |scope, name| table().current(scope, name).map(|spec| (spec.scope, spec.name));
    assert_eq!(current(Scope::Backend, "iscsi_helper"), Some((Scope::Backend, "target_helper")));
    assert_eq!(
        current(Scope::Section("DEFAULT"), "sql_connection"),
        Some((Scope::Section("database"), "connection"))
    );
    assert_eq!(current(Scope::Backend, "target_lun"), Some((Scope::Backend, "target_lun")));
    assert_eq!(current(Scope::Backend, "enabled_backends"), None);
    assert_eq!(table().section("backend"), None, "the scope of backends is no section");
    assert_eq!(table().section("nova"), Some("nova"));
}
