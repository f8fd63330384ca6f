//! The names of Unicode classes that Go 1.26 knows (regexp/syntax, `unicodeTable`).
//!
//! Names are compared without spaces, hyphens and underscores, and without case. Go compares the *reduced* name with
//! its table of scripts as it stands, so a script whose name has an underscore or an inner capital is never found
//! there.
const CATEGORIES: &str = "C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm \
                          So Z Zl Zp Zs";
const SCRIPTS: &str = "Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi \
    Braille Buginese Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret \
    Devanagari Dogra Duployan Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han \
    Hangul Hanunoo Hatran Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki \
    Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen \
    Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya Osage Osmanya \
    Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese \
    Syriac Tagalog Tagbanwa Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai \
    Vithkuqi Wancho Yezidi Yi";
const ALIASES: &str = "Casedletter=LC Closepunctuation=Pe Combiningmark=M Connectorpunctuation=Pc Control=Cc \
    Currencysymbol=Sc Dashpunctuation=Pd Decimalnumber=Nd Enclosingmark=Me Finalpunctuation=Pf Format=Cf \
    Initialpunctuation=Pi Letter=L Letternumber=Nl Lineseparator=Zl Lowercaseletter=Ll Mark=M Mathsymbol=Sm \
    Modifierletter=Lm Modifiersymbol=Sk Nonspacingmark=Mn Number=N Openpunctuation=Ps Other=C Otherletter=Lo \
    Othernumber=No Otherpunctuation=Po Othersymbol=So Paragraphseparator=Zp Privateuse=Co Punctuation=P Separator=Z \
    Spaceseparator=Zs Spacingmark=Mc Surrogate=Cs Symbol=S Titlecaseletter=Lt Unassigned=Cn Uppercaseletter=Lu \
    Cntrl=Cc Digit=Nd Punct=P";

/// No character at all.
pub(super) const NOTHING: &str = r"[^\x00-\x{10FFFF}]";

/// The class of a name, in the `regex` crate's syntax, so that `[^…]` around it is its complement.
pub(super) fn class(name: &str) -> Option<String> {
    let name = reduced(name);
    match name.as_str() {
        "Any" => return Some(r"\x00-\x{10FFFF}".to_owned()),
        "Assigned" => return Some(r"\P{gc=Cn}".to_owned()),
        "Ascii" => return Some(r"\x00-\x7F".to_owned()),
        "Lc" => return Some(r"\p{gc=LC}".to_owned()),
        _ => {}
    }
    let category = |name: &str| match name {
        // A text in UTF-8 has none.
        "Cs" => NOTHING.to_owned(),
        name => format!(r"\p{{gc={name}}}"),
    };
    if let Some(known) = CATEGORIES.split(' ').find(|known| *known == name) {
        return Some(category(known));
    }
    if SCRIPTS.split(' ').any(|known| known == name) {
        return Some(format!(r"\p{{sc={name}}}"));
    }
    let alias = ALIASES.split(' ').filter_map(|pair| pair.split_once('=')).find(|(alias, _)| *alias == name);
    alias.map(|(_, known)| category(known))
}

/// The first letter is a capital, the others are not; separators are dropped.
fn reduced(name: &str) -> String {
    let mut reduced = String::with_capacity(name.len());
    for c in name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')) {
        reduced.push(if reduced.is_empty() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
    }
    reduced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_compiles() {
        let aliases = ALIASES.split(' ').filter_map(|pair| pair.split_once('=')).map(|(alias, _)| alias);
        for name in CATEGORIES.split(' ').chain(SCRIPTS.split(' ')).chain(aliases).chain(["Any", "Assigned", "ASCII"]) {
            let class = class(name).unwrap_or_else(|| panic!("{name} is known"));
            assert!(regex::Regex::new(&format!("[{class}][^{class}]")).is_ok(), "{name}: {class}");
        }
        assert_eq!(class("Old_Italic"), None);
        assert_eq!(class("lower case-letter"), Some(r"\p{gc=Ll}".to_owned()));
    }
}
