//! A crowd, with work that the test controls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use roster_application::ports::StoreError;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use super::{Crowd, Limits, Reply, Work};

/// How long nothing may take.
const LONG: Duration = Duration::from_secs(10);

/// Items are numbers; what comes of them depends on the number.
const PANICS: u32 = 1_000;
const IS_LOST: u32 = 2_000;
const IS_REFUSED: u32 = 3_000;

/// Work that waits until it may end, and tells what it was given.
struct Slow {
    may_end: Arc<Semaphore>,
    groups: mpsc::UnboundedSender<Vec<u32>>,
}

impl Work for Slow {
    type Item = u32;
    type Answer = (u32, &'static str);

    async fn many(&self, items: Vec<u32>) -> Result<Vec<Reply<Self::Answer>>, sqlx::Error> {
        self.groups.send(items.clone()).unwrap();
        self.may_end.acquire().await.unwrap().forget();
        assert!(!items.contains(&PANICS), "the work panics");
        if items.contains(&IS_LOST) {
            return Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()));
        }
        if items.contains(&IS_REFUSED) {
            return Err(sqlx::Error::Encode("not sent".into()));
        }
        let replies = items.into_iter().map(|item| match item % 2 {
            0 => Reply::Done(Ok((item, "in a group"))),
            _ => Reply::Alone,
        });
        Ok(replies.collect())
    }
}

type Answer = Result<(u32, &'static str), StoreError>;

struct Scene {
    crowd: Arc<Crowd<Slow>>,
    may_end: Arc<Semaphore>,
    groups: mpsc::UnboundedReceiver<Vec<u32>>,
    alone: Arc<AtomicUsize>,
}

impl Scene {
    /// One lane, which nobody is in.
    fn new(patience: Duration) -> Self {
        Self::with(1, patience)
    }

    /// So many lanes; three who wait are company.
    fn with(lanes: usize, patience: Duration) -> Self {
        let (groups, told) = mpsc::unbounded_channel();
        let may_end = Arc::new(Semaphore::new(0));
        let work = Slow {
            may_end: Arc::clone(&may_end),
            groups,
        };
        let limits = Limits {
            lanes,
            company: 3,
            members: 4,
            patience,
        };
        Self {
            crowd: Arc::new(Crowd::new(work, limits)),
            may_end,
            groups: told,
            alone: Arc::default(),
        }
    }

    /// One who asks, and who takes until it may end when going alone.
    async fn ask(&self, item: u32) -> JoinHandle<Answer> {
        let crowd = Arc::clone(&self.crowd);
        let (may_end, count) = (Arc::clone(&self.may_end), Arc::clone(&self.alone));
        let asking = tokio::spawn(async move {
            let alone = async {
                count.fetch_add(1, Ordering::SeqCst);
                may_end.acquire().await.unwrap().forget();
                Ok((item, "alone"))
            };
            crowd.ask(|| item, alone).await
        });
        // Until it waits for something.
        tokio::task::yield_now().await;
        asking
    }

    /// Lets so many statements end.
    fn end(&self, statements: usize) {
        self.may_end.add_permits(statements);
    }

    fn alone(&self) -> usize {
        self.alone.load(Ordering::SeqCst)
    }
}

async fn heard(asking: JoinHandle<Answer>) -> Answer {
    tokio::time::timeout(LONG, asking)
        .await
        .expect("nobody is left waiting")
        .unwrap()
}

#[tokio::test]
async fn one_goes_alone_and_who_comes_meanwhile_goes_in_groups_in_the_order_of_coming() {
    let mut scene = Scene::new(LONG);
    let first = scene.ask(0).await;
    let mut rest = Vec::new();
    for item in 1..=6 {
        rest.push(scene.ask(item * 2).await);
    }
    assert_eq!(scene.alone(), 1, "the others wait");

    scene.end(3);

    assert_eq!(heard(first).await.unwrap(), (0, "alone"));
    for (asking, item) in rest.into_iter().zip(1..) {
        assert_eq!(heard(asking).await.unwrap(), (item * 2, "in a group"));
    }
    assert_eq!(scene.groups.recv().await, Some(vec![2, 4, 6, 8]));
    assert_eq!(scene.groups.recv().await, Some(vec![10, 12]));
}

#[tokio::test]
async fn who_did_not_get_through_in_the_group_goes_alone() {
    let scene = Scene::new(LONG);
    let first = scene.ask(0).await;
    let (even, odd) = (scene.ask(2).await, scene.ask(3).await);

    scene.end(3);

    heard(first).await.unwrap();
    assert_eq!(heard(even).await.unwrap(), (2, "in a group"));
    assert_eq!(heard(odd).await.unwrap(), (3, "alone"));
}

#[tokio::test]
async fn a_group_that_was_refused_goes_one_by_one_and_one_that_is_lost_does_not() {
    let scene = Scene::new(LONG);
    let first = scene.ask(0).await;
    let refused = [scene.ask(IS_REFUSED).await, scene.ask(2).await];
    scene.end(4);
    heard(first).await.unwrap();
    for asking in refused {
        assert_eq!(heard(asking).await.unwrap().1, "alone");
    }
    assert_eq!(scene.alone(), 3);

    let first = scene.ask(0).await;
    let lost = [scene.ask(IS_LOST).await, scene.ask(2).await];
    scene.end(2);
    heard(first).await.unwrap();
    for asking in lost {
        let answer = heard(asking).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    assert_eq!(scene.alone(), 4, "nobody tried again");
}

#[tokio::test]
async fn a_panic_in_a_group_is_heard_by_its_members_and_stops_nobody_else() {
    let scene = Scene::new(LONG);
    let first = scene.ask(0).await;
    let members = [scene.ask(PANICS).await, scene.ask(2).await];

    scene.end(2);

    heard(first).await.unwrap();
    for asking in members {
        let answer = heard(asking).await;
        assert!(matches!(answer, Err(StoreError::Internal(_))), "{answer:?}");
    }
    scene.end(1);
    assert_eq!(heard(scene.ask(4).await).await.unwrap(), (4, "alone"));
}

#[tokio::test]
async fn whoever_goes_away_keeps_nobody_waiting_and_asked_for_nothing() {
    let mut scene = Scene::new(LONG);
    let leader = scene.ask(0).await;
    let leaves = scene.ask(2).await;
    let stays = [scene.ask(4).await, scene.ask(6).await];

    leaves.abort();
    assert!(leaves.await.unwrap_err().is_cancelled());
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    scene.end(1);

    for asking in stays {
        assert_eq!(heard(asking).await.unwrap().1, "in a group");
    }
    assert_eq!(scene.groups.recv().await, Some(vec![4, 6]));
}

#[tokio::test]
async fn a_group_goes_on_when_all_its_members_went_away() {
    let mut scene = Scene::new(LONG);
    let leader = scene.ask(0).await;
    let members = [scene.ask(2).await, scene.ask(4).await];
    scene.end(1);
    heard(leader).await.unwrap();
    assert_eq!(scene.groups.recv().await, Some(vec![2, 4]));

    for member in members {
        member.abort();
    }
    let next = scene.ask(6).await;
    assert_eq!(scene.alone(), 1, "the lane is taken");
    scene.end(2);

    assert_eq!(heard(next).await.unwrap(), (6, "alone"));
}

#[tokio::test]
async fn when_somebody_has_waited_for_long_all_who_wait_go_in_a_lane_more() {
    let mut scene = Scene::new(Duration::from_millis(50));
    let held_up = scene.ask(0).await;
    let impatient = [scene.ask(2).await, scene.ask(4).await, scene.ask(6).await];
    assert_eq!(scene.groups.recv().await, Some(vec![2, 4, 6]));

    scene.end(2);

    for asking in impatient {
        assert_eq!(heard(asking).await.unwrap().1, "in a group");
    }
    assert_eq!(heard(held_up).await.unwrap(), (0, "alone"));
    // And there is one lane again.
    let (first, second) = (scene.ask(8).await, scene.ask(10).await);
    assert_eq!(scene.alone(), 2, "the second waits");
    scene.end(2);
    heard(first).await.unwrap();
    heard(second).await.unwrap();
}

#[tokio::test]
async fn closing_lets_all_through_who_wait_and_none_in_a_group_after_that() {
    let scene = Scene::new(LONG);
    let mut asking = JoinSet::new();
    for item in [0, 2, 4] {
        asking.spawn(heard(scene.ask(item).await));
    }
    let crowd = Arc::clone(&scene.crowd);
    let closing = tokio::spawn(async move { crowd.close().await });
    tokio::task::yield_now().await;
    assert!(!closing.is_finished(), "some are under way");

    scene.end(2);

    tokio::time::timeout(LONG, closing).await.expect("it ends").unwrap();
    assert!(asking.join_all().await.into_iter().all(|answer| answer.is_ok()));
    let late = [scene.ask(6).await, scene.ask(8).await];
    scene.end(2);
    for asking in late {
        assert_eq!(heard(asking).await.unwrap().1, "alone");
    }
}

#[tokio::test]
async fn where_many_wait_a_group_more_goes_beside_the_one_under_way() {
    let mut scene = Scene::with(2, LONG);
    let first = scene.ask(0).await;
    let mut rest = vec![scene.ask(2).await, scene.ask(4).await];
    assert!(scene.groups.try_recv().is_err(), "two are no company");

    rest.push(scene.ask(6).await);

    let group = tokio::time::timeout(LONG, scene.groups.recv()).await.unwrap();
    assert_eq!(group, Some(vec![2, 4, 6]), "while the first is under way");
    // Both lanes are taken now, however many come.
    for item in [8, 10, 12, 14] {
        rest.push(scene.ask(item).await);
    }
    assert!(scene.groups.try_recv().is_err(), "there are two lanes");
    scene.end(3);
    assert_eq!(heard(first).await.unwrap(), (0, "alone"));
    for asking in rest {
        assert_eq!(heard(asking).await.unwrap().1, "in a group");
    }
}

#[tokio::test]
async fn whoever_comes_does_not_wait_for_those_who_were_given_up() {
    let scene = Scene::new(Duration::from_millis(20));
    // One is held up for good, and another one waits for so long that it goes beside it.
    let crowd = Arc::clone(&scene.crowd);
    let held_up = tokio::spawn(async move { crowd.ask(|| 0, std::future::pending()).await });
    tokio::task::yield_now().await;
    let impatient = scene.ask(2).await;
    scene.end(1);
    assert_eq!(heard(impatient).await.unwrap(), (2, "alone"));

    let next = scene.ask(4).await;

    assert_eq!(scene.alone(), 2, "it goes at once");
    scene.end(1);
    assert_eq!(heard(next).await.unwrap(), (4, "alone"));
    held_up.abort();
}
