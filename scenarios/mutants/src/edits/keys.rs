//! Edits of what remembers deliveries: keys, redeliveries, and occurrences that were given back.
use super::edit::{Edit, edit};

/// In the order in which they apply.
pub(super) const EDITS: &[Edit] = &[
    edit(
        "unacknowledged",
        "for (name, given) in requests {",
        "for (name, given) in requests {\nif @GroupGivenBack { continue; }",
    ),
    edit(
        "unacknowledged",
        "Some(taker.to_owned()));\n        self",
        "Some(taker.to_owned()).filter(|_| !@TakenOnce));\n        self",
    ),
    edit(
        "deliveries",
        "occurrence.episode.get_or_insert(episode);",
        "if @InheritedOnce { occurrence.episode = Some(episode); }\noccurrence.episode.get_or_insert(episode);",
    ),
    edit(
        "redelivery",
        "answer_counted(writer, ended, &known)?;",
        "if !@EndedConsulted { answer_counted(writer, ended, &known)?; }",
    ),
    edit(
        "redelivery",
        "let known = match Deliveries::find(target.conditions()) {",
        "let looked_up = writer.looked_up.take().filter(|_| @KeysOfVersion);\n\
         let known = match looked_up.or_else(|| Deliveries::find(target.conditions())) {",
    ),
    edit(
        "redelivery",
        "answer_counted(writer, target, &known)?;",
        "writer.looked_up = Some(known.clone());\nanswer_counted(writer, target, &known)?;",
    ),
    edit(
        "redelivery",
        "return Ok(list.inherited_from(before));",
        "return Ok(if @KeysHandedOn { Deliveries::default() } else { list.inherited_from(before) });",
    ),
    edit(
        "redelivery",
        "(earliest..episode).rev() {",
        "(earliest..episode).rev().take(if @KeysPastEmpty { 1 } else { usize::MAX }) {",
    ),
    edit(
        "redelivery",
        "if hands_on || ended.may_suppress() { close(writer, ended.clone()).await? } else { ended.clone() };",
        "if hands_on && !@ListOfClosed || ended.may_suppress() && !@Closing {\n\
         close(writer, ended.clone()).await?\n} else { ended.clone() };",
    ),
    edit(
        "redelivery",
        "Some(ended) if !ended.is_active() => Some(close(writer, ended).await?),",
        "Some(ended) if !ended.is_active() && !@ListOfClosed => Some(close(writer, ended).await?),",
    ),
    edit(
        "unacknowledged",
        "if entries.has(gift) || !takes(&request) {",
        "if entries.has(gift) && !@GiftNamed || !takes(&request) {",
    ),
    edit(
        "unacknowledged",
        "\"metadata\": {\"uid\": request.metadata.uid, \"resourceVersion\": \
         request.metadata.resource_version},",
        "\"metadata\": crate::without(\njson!({\"uid\": request.metadata.uid, \"resourceVersion\": \
         request.metadata.resource_version}), false, @GiftVersion),",
    ),
    edit(
        "deliveries",
        "self.counted.truncate(DELIVERIES_MAX);",
        "self.counted.truncate(if @KeysMany { 1 } else { DELIVERIES_MAX });",
    ),
];
