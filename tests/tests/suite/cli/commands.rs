//! What subcommands there are, as the clients themselves say.

use std::collections::BTreeMap;

use blackbox::loaded::Loaded;

/// Of `openstack`, what belongs to volumes.
const TOPICS: &[&str] = &["volume ", "consistency group ", "block storage "];

/// Every subcommand of a client, with its name in front.
pub(super) fn of(client: &str, loaded: &mut Loaded, environment: &BTreeMap<String, String>) -> Vec<String> {
    let mut say = |words: &str| {
        let arguments: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let said = loaded.run(&arguments, environment);
        assert!(said.success, "{words}: {}", said.err);
        said.out
    };
    let found: Vec<String> = if client == "cinder" {
        let help = say("cinder bash-completion");
        let is_subcommand = |word: &&str| !word.starts_with('-');
        let words = help.split_whitespace().filter(is_subcommand).chain(["bash-completion"]);
        words.map(|word| format!("cinder {word}")).collect()
    } else {
        let list = say("openstack command list --group openstack.volume.v3 -f json");
        let groups: serde_json::Value = serde_json::from_str(&list).expect("JSON");
        let commands = groups[0]["Commands"].as_array().expect("commands").iter();
        let names = commands.map(|command| command.as_str().expect("a name").replace('_', " "));
        names
            .filter(|name| TOPICS.iter().any(|topic| name.starts_with(topic)))
            .map(|name| format!("openstack {name}"))
            .collect()
    };
    assert!(found.len() > 50, "{client} has more than {found:?}");
    found
}

/// The subcommand that the arguments call: the longest of those that they begin with; none for one of other services.
pub(super) fn name(arguments: &[String], all: &[String]) -> Option<String> {
    let line = format!("{} ", arguments.join(" "));
    let of = all.iter().filter(|name| line.starts_with(&format!("{name} ")));
    of.max_by_key(|name| name.len()).cloned()
}
