use super::*;
use crate::config::Config;

fn config(text: &str) -> Config {
    let mut config = Config::default();
    config.overlay("c", text.as_bytes()).unwrap();
    config
}

/// The value of `x` in `[DEFAULT]`.
fn x(text: &str) -> Result<String, Why> {
    config(&format!("[DEFAULT]\n{text}")).default_section().text("x").map_err(|error| error.why)
}

#[test]
fn a_text_is_taken_apart() {
    use Piece::{Reference, Text};
    let pieces = |text| pieces(text).collect::<Vec<_>>();
    assert_eq!(pieces("a$b-c"), [Text("a"), Reference("b"), Text("-c")]);
    assert_eq!(pieces("${b}c$_d9.e"), [Reference("b"), Text("c"), Reference("_d9.e")]);
    assert_eq!(pieces("$$b"), [Text("$"), Text("b")]);
    assert_eq!(pieces("$$$b"), [Text("$"), Reference("b")]);
    assert_eq!(
        pieces("$9 ${b ${} ${b-c} $"),
        [
            Text("$"),
            Text("9 "),
            Text("$"),
            Text("{b "),
            Text("$"),
            Text("{} "),
            Text("$"),
            Text("{b-c} "),
            Text("$")
        ]
    );
    assert_eq!(pieces("存$b储"), [Text("存"), Reference("b"), Text("储")]);
}

#[test]
fn names_are_filled_in() {
    assert_eq!(x("a = 1\nx = <$a|${a}|$a$a>").as_deref(), Ok("<1|1|11>"));
    assert_eq!(x("x = $state_path/mnt").as_deref(), Ok("/var/lib/cinder/mnt"));
    assert_eq!(x("a = $b\nb = $c!\nc = 1\nx = $a").as_deref(), Ok("1!"));
    assert_eq!(x("x = <$cluster>").as_deref(), Ok("<>"), "known, without a value");
    assert_eq!(x("a = 1\n   2\nx = $a").as_deref(), Ok("1\n2"));
}

#[test]
fn dollar_signs_can_be_written() {
    assert_eq!(
        x(r"a = 1
x = $$a \$a pa$ 5$ $1 ${a")
        .as_deref(),
        Ok("$a $a pa$ 5$ $1 ${a")
    );
    assert_eq!(x("a = 1\nx = $\\$a").as_deref(), Ok("$1"), "the backslash turns into a dollar sign first");
}

#[test]
fn names_are_looked_up_here_then_in_default() {
    let config = config(
        "[DEFAULT]\na = default\nb = default\nstate_path = /s\n\
         [one]\na = one\nx = $a $b ${two.a} $two.volume_group $DEFAULT.a ${TWO.a}\n[two]\na = $b-two\nb = here\n",
    );
    let value = config.section("one").text("x");
    assert_eq!(value.as_deref(), Ok("one default here-two cinder-volumes default here-two"));
    assert_eq!(config.section("one").text("nfs_mount_point_base").as_deref(), Ok("/s/mnt"));
}

#[test]
fn a_known_option_comes_before_one_that_only_the_file_knows() {
    let config = config(
        "[DEFAULT]\nhost = right\nmine = 1\n[a]\nhost = wrong\nyours = 2\nvolume_group = $host $mine $yours\n",
    );
    assert_eq!(config.section("a").text("volume_group").as_deref(), Ok("right 1 2"));
}

#[test]
fn names_of_nothing_are_errors() {
    let unknown = |name: &str| Err(Why::UnknownReference(name.into()));
    assert_eq!(x("x = pa$word"), unknown("word"));
    assert_eq!(x("x = $state_path.bak"), unknown("state_path.bak"));
    assert_eq!(x("x = ${nowhere.volume_group}"), unknown("nowhere.volume_group"));
    assert_eq!(x("x = $State_Path"), unknown("State_Path"));
    assert_eq!(x("x = $a.b.c"), unknown("a.b.c"));
}

#[test]
fn circles_are_errors() {
    assert_eq!(x("x = $x"), Err(Why::CircularReference("x".into())));
    assert_eq!(x("x = $a\na = $b\nb = ${DEFAULT.a}"), Err(Why::CircularReference("DEFAULT.a".into())));
}

#[test]
fn depth_count_and_length_are_limited() {
    let chain = |links: usize| {
        let links: String = (0..links).map(|n| format!("a{n} = $a{}\n", n + 1)).collect();
        x(&format!("{links}a{} = end\nx = $a0", links.lines().count()))
    };
    assert_eq!(chain(MAX_DEPTH - 1).as_deref(), Ok("end"));
    assert_eq!(chain(MAX_DEPTH), Err(Why::TooDeep));

    let many = |count: usize| x(&format!("a =\nx = {}", "$a".repeat(count)));
    assert_eq!(many(MAX_REFERENCES).as_deref(), Ok(""));
    assert_eq!(many(MAX_REFERENCES + 1), Err(Why::TooManyReferences));
    assert_eq!(
        x(&format!("a =\nb = {}\nx = $b$b", "$a".repeat(MAX_REFERENCES / 2))),
        Err(Why::TooManyReferences)
    );

    let long = "y".repeat(MAX_VALUE_BYTES / 2);
    assert_eq!(x(&format!("a = {long}\nx = $a$a")).map(|text| text.len()), Ok(MAX_VALUE_BYTES));
    assert_eq!(x(&format!("a = {long}\nx = $a$a!")), Err(Why::TooLong));
}
