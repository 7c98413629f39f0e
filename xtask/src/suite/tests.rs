use super::groups::{self, Group, Selection, Step};
use super::program::Program;
use super::tally::{Sums, Tally, read_libtest, read_nextest};

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn the_summary_of_nextest_is_read() {
    let printed = lines(&[
        "        FAIL [   0.286s] (68/72) blackbox::suite policies::a_reader",
        "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 126 filtered out; finished in 0.28s",
        "     Summary [  33.855s] 9 tests run: 3 passed (1 slow, 1 leaky), 4 failed, 2 timed out, 7 skipped",
        "error: test run failed",
    ]);
    assert_eq!(read_nextest(&printed), Sums { passed: 3, failed: 6, ignored: 0 });
    let cancelled = lines(&["     Summary [   0.100s] 1/5 tests run: 0 passed, 1 failed, 0 skipped"]);
    assert_eq!(read_nextest(&cancelled), Sums { passed: 0, failed: 1, ignored: 0 });
    let one = lines(&["     Summary [   0.064s] 1 test run: 1 passed, 0 skipped"]);
    assert_eq!(read_nextest(&one), Sums { passed: 1, failed: 0, ignored: 0 });
}

#[test]
fn the_summaries_of_libtest_are_added_up() {
    let printed = lines(&[
        "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s",
        "test something ... ok",
        "test result: FAILED. 4 passed; 5 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
    ]);
    assert_eq!(read_libtest(&printed), Sums { passed: 7, failed: 5, ignored: 1 });
}

#[test]
fn a_test_that_reported_a_skip_has_not_passed() {
    let mut tally = Tally::default();
    let skips = vec![("a".to_owned(), "no SAN".to_owned()), ("b".to_owned(), "no root".to_owned())];
    tally.runner("units", Sums { passed: 10, failed: 0, ignored: 1 }, true, skips);
    tally.check("fmt", true);
    tally.skip("clients", "no network");
    assert_eq!(tally.to_string(), "9 passed, 0 failed, 4 skipped");
    assert!(tally.is_good());
}

#[test]
fn a_runner_that_breaks_off_is_a_failure() {
    let mut tally = Tally::default();
    tally.runner("units", Sums::default(), false, Vec::new());
    assert_eq!(tally.to_string(), "0 passed, 1 failed, 0 skipped");
    assert!(!tally.is_good());
    tally.runner("doc", Sums { passed: 1, failed: 2, ignored: 0 }, false, Vec::new());
    assert_eq!(tally.to_string(), "1 passed, 3 failed, 0 skipped");
    assert_eq!(tally.failures(), ["units did not come to an end", "2 in doc"]);
}

#[test]
fn groups_are_chosen_by_name() {
    let known = groups::all().expect("the files of the suite");
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let all = Selection::of(&known, &[], Program::Released).expect("everything");
    assert_eq!((all.steps().len(), all.stories()), (11, None));

    let some = Selection::of(&known, &names(&["kill9", "tidy"]), Program::Released).expect("two groups");
    assert_eq!(some.steps(), [Step::Tidy, Step::BlackBox]);
    assert_eq!(some.stories(), Some(&names(&["kill9"])[..]));
    assert!(Selection::of(&known, &names(&["nosuch"]), Program::Released).is_err());
}

#[test]
fn every_story_says_what_it_is_about() {
    let known = groups::all().expect("the files of the suite");
    let silent: Vec<&Group> = known.iter().filter(|group| group.about.len() < 10).collect();
    assert_eq!(silent, Vec::<&Group>::new());
}
