//! What stands in a folder, and what of it stands there after a power cut.

use super::*;

const NAME: &str = "transactions/1/0x01.json";

fn folder() -> (tempfile::TempDir, Folder) {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
    (kept, folder)
}

#[tokio::test]
async fn a_record_is_created_once_and_nothing_else_is_left() {
    let (kept, folder) = folder();
    for lasting in [Lasting::AtOnce, Lasting::Later] {
        let name = format!("payments/{lasting:?}/claim.json");
        assert_eq!(folder.read(&name, lasting, 9).await.unwrap(), None);
        assert_eq!(folder.create(&name, "first", lasting).await.unwrap(), Created::Ours);
        let second = folder.create(&name, "second", lasting).await.unwrap();
        assert_eq!(second, Created::Existing(b"first".to_vec()));
        assert_eq!(folder.read(&name, lasting, 9).await.unwrap(), Some(b"first".to_vec()));
        folder.force().await.unwrap();
        let around = format!("payments/{lasting:?}");
        assert_eq!(folder.names(&around).await.unwrap(), ["claim.json"]);
        assert_eq!(fs::read_dir(kept.path().join(around)).unwrap().count(), 1);
    }
    assert_eq!(folder.names("payments/none").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_a_dead_process_left_is_no_record_and_in_nobodys_way() {
    let (kept, folder) = folder();
    let around = kept.path().join("transactions/1");
    fs::create_dir_all(&around).unwrap();
    for count in 0..200 {
        let left = format!("0x01.json#{}{count:06}", std::process::id());
        fs::write(around.join(left), "half a rec").unwrap();
    }
    assert_eq!(folder.create(NAME, "whole", Lasting::AtOnce).await.unwrap(), Created::Ours);
    assert_eq!(folder.names("transactions/1").await.unwrap(), ["0x01.json"]);
}

/// A power cut can leave the name of a record that was to be forced later, without its content.
#[tokio::test]
async fn a_torn_record_is_written_again_by_one_of_many() {
    for torn in [&b""[..], &[0; 64]] {
        let (kept, folder) = folder();
        folder.create(NAME, "before", Lasting::Later).await.unwrap();
        fs::write(kept.path().join(NAME), torn).unwrap();
        assert_eq!(folder.read(NAME, Lasting::Later, 99).await.unwrap(), None);
        let racers = (0..16).map(|racer| {
            let folder = folder.clone();
            let json = format!("after {racer}");
            async move { (folder.create(NAME, &json, Lasting::Later).await.unwrap(), json) }
        });
        let ended = futures_util::future::join_all(racers).await;
        let won: Vec<_> = ended.iter().filter(|(it, _)| *it == Created::Ours).collect();
        assert_eq!(won.len(), 1, "{ended:?}");
        let record = folder.read(NAME, Lasting::Later, 99).await.unwrap();
        assert_eq!(record.as_deref(), Some(won[0].1.as_bytes()));
    }
}

/// Nothing that is forced at once can be torn: what looks so is damaged, and nobody's to replace.
#[tokio::test]
async fn what_lasts_at_once_is_never_written_again() {
    let (kept, folder) = folder();
    folder.create(NAME, "before", Lasting::AtOnce).await.unwrap();
    fs::write(kept.path().join(NAME), "").unwrap();
    let second = folder.create(NAME, "after", Lasting::AtOnce).await.unwrap();
    assert_eq!(second, Created::Existing(vec![]));
    assert_eq!(folder.read(NAME, Lasting::AtOnce, 9).await.unwrap(), Some(vec![]));
}

fn journals(root: &Path) -> Vec<String> {
    let files = fs::read_dir(root.join(journal::FOLDER)).unwrap();
    let names = files.map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|it| it.ends_with(journal::SUFFIX)).collect()
}

/// Files whose records the disk has are removed behind everybody's back.
async fn until_no_journal_is_left(root: &Path) {
    while !journals(root).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// The end of a process: nothing of it holds its journals any more.
async fn end(folder: Folder) {
    let root = folder.root().to_owned();
    drop(folder);
    for name in journals(&root) {
        let journal = fs::File::open(root.join(journal::FOLDER).join(name));
        while journal.as_ref().is_ok_and(|it| it.try_lock().is_err()) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

const CLAIM: &str = "payments/1/0xa/0xb/0xc/claim.json";

/// What a disk has after a power cut: what was forced, and of the rest what it likes.
#[tokio::test]
async fn what_was_promised_is_there_after_a_power_cut() {
    type Cut = fn(&Path);
    #[rustfmt::skip]
    let cuts: [Cut; 4] = [
        |root| fs::remove_dir_all(root.join("payments")).unwrap(),
        |root| fs::remove_file(root.join(CLAIM)).unwrap(),
        |root| fs::write(root.join(CLAIM), "").unwrap(),
        |root| fs::write(root.join(CLAIM), [0; 7]).unwrap(),
    ];
    for cut in cuts {
        let (kept, folder) = folder();
        folder.create(CLAIM, "a claim", Lasting::AtOnce).await.unwrap();
        let pair = [(NAME, "bound"), ("payments/1/settled.json", "settled")];
        let [first, second] = pair.map(|it| (it.0.to_owned(), it.1.to_owned()));
        folder.create_in_turn(first, second, false).await.unwrap();
        folder.force().await.unwrap();
        end(folder).await;
        cut(kept.path());
        fs::write(kept.path().join(NAME), "").unwrap();
        let next = Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
        for (name, content) in pair.into_iter().chain([(CLAIM, "a claim")]) {
            assert_eq!(fs::read(kept.path().join(name)).unwrap(), content.as_bytes());
        }
        until_no_journal_is_left(kept.path()).await;
        drop(next);
    }
}

#[tokio::test]
async fn what_others_rely_on_is_vouched_for() {
    let (kept, other) = folder();
    other.create(CLAIM, "theirs", Lasting::Later).await.unwrap();
    let ours = Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
    let taken = ours.create(CLAIM, "ours", Lasting::AtOnce).await.unwrap();
    assert_eq!(taken, Created::Existing(b"theirs".to_vec()));
    end(ours).await;
    fs::remove_file(kept.path().join(CLAIM)).unwrap();
    let third = Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
    third.vouch(CLAIM, 99).await.unwrap();
    third.create("payments/1/attempt-1.json", "third", Lasting::AtOnce).await.unwrap();
    end(third).await;
    fs::remove_dir_all(kept.path().join("payments")).unwrap();
    Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
    assert_eq!(fs::read(kept.path().join(CLAIM)).unwrap(), b"theirs");
}

#[tokio::test]
async fn a_journal_of_a_process_that_lives_is_its_own() {
    let (kept, folder) = folder();
    folder.create(CLAIM, "a claim", Lasting::AtOnce).await.unwrap();
    fs::remove_file(kept.path().join(CLAIM)).unwrap();
    let other = Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
    assert_eq!(other.read(CLAIM, Lasting::AtOnce, 9).await.unwrap(), None);
    assert_eq!(journals(kept.path()).len(), 1);
}

/// Nothing counts that the disk did not take; and nothing is told to last because what failed
/// is forgotten.
#[tokio::test]
async fn a_claim_that_the_disk_does_not_take_is_not_won() {
    let (kept, folder) = folder();
    let journal = kept.path().join(journal::FOLDER);
    fs::write(&journal, "no folder").unwrap();
    folder.create(CLAIM, "a claim", Lasting::AtOnce).await.unwrap_err();
    folder.force().await.unwrap_err();
    fs::remove_file(&journal).unwrap();
    folder.force().await.unwrap();
    end(folder).await;
    fs::remove_file(kept.path().join(CLAIM)).unwrap();
    Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
    assert_eq!(fs::read(kept.path().join(CLAIM)).unwrap(), b"a claim");
}

#[tokio::test]
async fn a_full_journal_makes_room_for_another() {
    let (kept, folder) = folder();
    let long = "x".repeat(512 * 1024);
    for number in 0..20 {
        let name = format!("payments/{number}/claim.json");
        folder.create(&name, &long, Lasting::AtOnce).await.unwrap();
    }
    while journals(kept.path()).len() > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    end(folder).await;
    let next = Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
    let last = next.read("payments/19/claim.json", Lasting::AtOnce, u64::MAX).await.unwrap();
    assert_eq!(last.map(|it| it.len()), Some(long.len()));
}

#[tokio::test]
async fn claims_that_come_together_are_forced_together() {
    let (kept, folder) = folder();
    let claims = (0..200).map(|number| {
        let (folder, name) = (folder.clone(), format!("payments/{number}/claim.json"));
        async move { folder.create(&name, "a claim", Lasting::AtOnce).await.unwrap() }
    });
    let created = futures_util::future::join_all(claims).await;
    assert!(created.iter().all(|it| *it == Created::Ours));
    end(folder).await;
    fs::remove_dir_all(kept.path().join("payments")).unwrap();
    Folder::open(kept.path().to_owned(), true, Desk::new()).unwrap();
    assert_eq!(fs::read_dir(kept.path().join("payments")).unwrap().count(), 200);
}

#[tokio::test]
async fn without_fsync_there_is_no_journal() {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::open(kept.path().to_owned(), false, Desk::new()).unwrap();
    folder.create(CLAIM, "a claim", Lasting::AtOnce).await.unwrap();
    folder.force().await.unwrap();
    assert!(!kept.path().join(journal::FOLDER).exists());
}
