//! New signals and duplicates, so many at a time, beside bare writes in the same rounds.
use super::{
    floor::Floor,
    gateways::{Gateways, Kind},
    load::closed,
    processor::Spent,
    results::{Claim, Measured},
    series::Series,
    stage::{Stage, deliver},
};
use crate::live::LiveError;
use http::StatusCode;

const REPLICAS: [usize; 2] = [1, 3];
/// Requests at a time, and requests of each series in a round.
const LOADS: [(usize, usize); 3] = [(1, 60), (16, 160), (64, 320)];
const ROUNDS: usize = 4;
/// The most that a new signal may take, in bare creates, and a duplicate in bare status patches.
const NEW_MOST: f64 = 3.5;
const DUPLICATE_MOST: f64 = 1.5;

#[derive(Default)]
struct Compared {
    create: Series,
    /// The three writes of a new signal without a gateway, and with one.
    three: Series,
    new: Series,
    patch: Series,
    duplicate: Series,
    three_spent: Spent,
    new_spent: Spent,
}

pub(super) async fn measure(stage: &Stage<'_>) -> Result<Measured, LiveError> {
    let (mut measured, mut floor) = (Measured::default(), None);
    for replicas in REPLICAS {
        let gateways = Gateways::start(stage, Kind::Shipped, replicas, "signals").await?;
        let floor = match floor.take() {
            Some(known) => floor.insert(known),
            None => floor.insert(stage.floor(&gateways.namespace).await?),
        };
        for (at_once, usual) in LOADS {
            let count = stage.request.of(usual, 2 * at_once);
            let mut all = Compared::default();
            for round in 1..=ROUNDS {
                stage.say(&format!("{replicas} replicas, {at_once} at a time: round {round} of {ROUNDS}"));
                all.round(stage, &gateways, floor, (at_once, count)).await?;
            }
            all.report(&mut measured, replicas, &format!("{at_once} at a time"))?;
        }
    }
    Ok(measured)
}

impl Compared {
    /// Each series once, one after the other.
    async fn round(
        &mut self,
        stage: &Stage<'_>,
        gateways: &Gateways,
        floor: &Floor,
        (at_once, count): (usize, usize),
    ) -> Result<(), LiveError> {
        let first = stage.apps(count).await?;
        let (sender, before) = (gateways.sender(stage.targets()), floor.created());
        let app = move |number: usize| first + number as u16;
        let bare = floor.clone();
        let create = move |_| {
            let floor = bare.clone();
            async move { floor.create().await }
        };
        self.create.extend(closed(at_once, count, create).await);
        let bare = floor.clone();
        let in_three = move |_| {
            let floor = bare.clone();
            async move { floor.create_in_three().await }
        };
        let before_three = Spent::so_far(stage, gateways);
        self.three.extend(closed(at_once, count, in_three).await);
        let before_new = Spent::so_far(stage, gateways);
        self.three_spent.add(before_three, before_new);
        self.new.extend(closed(at_once, count, deliver(&sender, &gateways.token, StatusCode::CREATED, app)).await);
        self.new_spent.add(before_new, Spent::so_far(stage, gateways));
        let floor = floor.clone();
        let patch = move |number: usize| {
            let floor = floor.clone();
            async move { floor.patch(before + number, number + 1).await }
        };
        self.patch.extend(closed(at_once, count, patch).await);
        self.duplicate
            .extend(closed(at_once, count, deliver(&sender, &gateways.token, StatusCode::ACCEPTED, app)).await);
        Ok(())
    }

    fn report(&self, measured: &mut Measured, replicas: usize, load: &str) -> Result<(), LiveError> {
        let Self { create, three, new, patch, duplicate, three_spent, new_spent } = self;
        measured.rows.extend([
            create.row("bare create", 0, load),
            three.row("three bare writes in a row", 0, load),
            new.row("new signal", replicas, load),
            patch.row("bare status patch", 0, load),
            duplicate.row("duplicate", replicas, load),
        ]);
        for (about, most, found, floor) in [
            ("P50 of a new signal, in bare creates", NEW_MOST, new, create),
            ("P50 of a duplicate, in bare status patches", DUPLICATE_MOST, duplicate, patch),
        ] {
            let ratio = found.ratio(floor)?;
            measured.claims.push(Claim::new(format!("{about}: {replicas} replicas, {load}"), most, ratio, ""));
        }
        measured.notes.push(format!(
            "{replicas} replicas, {load}: at P50 three bare writes in a row take {:.2} bare creates, and a new signal \
             {:.2} times as long as they do.",
            three.ratio(create)?,
            new.ratio(three)?
        ));
        measured.notes.push(format!(
            "Time on a processor for three bare writes: {}; for a new signal: {}.",
            three_spent.each_of(three.count()),
            new_spent.each_of(new.count())
        ));
        Ok(())
    }
}
