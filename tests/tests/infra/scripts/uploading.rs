//! `scripts/publish`: each file with its media type, and no file that cannot be sold.

use crate::stage::Stage;

const STACK: &str = "-|*ContentBucket*|0|shop-content";

fn stage(files: &[&str]) -> Stage {
    let stage = Stage::new(STACK);
    for file in files {
        stage.write(&format!("goods/{file}"), b"x");
    }
    stage
}

#[test]
fn files_go_up_with_their_types_and_each_once() {
    let stage = stage(&["a.json", "b/c.txt", "d.bin", ".git/config"]);
    stage.run("publish", &["goods", "--to", "/premium/"], "").well();
    let syncs = stage.calls_with("s3 sync goods s3://shop-content/premium ");
    assert_eq!(syncs.len(), 3, "one for each type that is there, one for the rest: {syncs:?}");
    #[rustfmt::skip]
    let rows = [
        ("--include *.txt",  "--content-type text/plain; charset=utf-8"),
        ("--include *.json", "--content-type application/json"),
    ];
    for ((included, kind), sync) in rows.iter().zip(&syncs) {
        assert!(sync.contains("--exclude *") && sync.contains(included), "{sync}");
        assert!(sync.contains(kind), "{sync}");
    }
    assert!(syncs[2].contains("--exclude *.json") && !syncs[2].contains("--content-type"));
    for sync in &syncs {
        assert!(sync.contains("--exclude .* --exclude */.*"), "dot files stay at home: {sync}");
        assert!(sync.contains("--no-follow-symlinks"), "{sync}");
        assert!(!sync.contains("--delete") && !sync.contains("--dryrun"), "{sync}");
    }
}

#[test]
fn deleting_looks_at_every_type() {
    let stage = stage(&["a.json"]);
    stage.run("publish", &["goods", "--delete", "--dry-run"], "").well();
    let syncs = stage.calls_with("s3 sync goods s3://shop-content ");
    assert!(syncs.len() > 5, "types of which no file is left, too: {syncs:?}");
    assert!(syncs.iter().all(|it| it.contains("--delete") && it.contains("--dryrun")));
}

#[test]
fn what_cannot_be_sold_is_not_uploaded() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str], &str)] = &[
        // file            words                        what is said
        ("a\\b.json",      &["goods"],                  "cannot be sold"),
        ("a\nb.json",      &["goods"],                  "cannot be sold"),
        ("a.json",         &["nothing"],                "no folder nothing"),
        ("a.json",         &["goods", "--to", "a/../b"], "not a path"),
        ("a.json",         &["goods", "--to", "a//b"],  "not a path"),
        ("a.json",         &[],                         "which folder"),
        ("a.json",         &["goods", "more"],          "one folder"),
        ("a.json",         &["goods", "--force"],       "unknown option"),
    ];
    for (file, words, said) in rows {
        let stage = stage(&[file]);
        stage.run("publish", words, "").refused(said);
        assert_eq!(stage.calls_with("s3 sync").len(), 0, "{said}");
    }
}

#[test]
fn without_a_stack_there_is_nowhere_to_go() {
    let stage = Stage::new("-|*ContentBucket*|0|None");
    stage.write("goods/a.json", b"x");
    stage.run("publish", &["goods"], "").refused("Run scripts/deploy first");
}
