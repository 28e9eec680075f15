//! Nabla's names for speech locales (`ENGLISH_US`) and the language tags (`en-US`) that stand for them in Roster.

use roster_domain::SpeechLocale;

/// Every name that Nabla Core documents, with its language tag (BCP 47) in canonical spelling.
const NAMES: [(&str, &str); 35] = [
    ("ENGLISH_US", "en-US"),
    ("ENGLISH_UK", "en-GB"),
    ("SPANISH_ES", "es-ES"),
    ("SPANISH_MX", "es-MX"),
    ("FRENCH_FR", "fr-FR"),
    ("ARABIC_EG", "ar-EG"),
    ("ARABIC_LB", "ar-LB"),
    ("ARABIC_MA", "ar-MA"),
    ("ARABIC_SA", "ar-SA"),
    ("ARMENIAN_AM", "hy-AM"),
    ("BENGALI_IN", "bn-IN"),
    ("CANTONESE_CN", "yue-CN"),
    ("CROATIAN_HR", "hr-HR"),
    ("FILIPINO_PH", "fil-PH"),
    ("GERMAN_DE", "de-DE"),
    ("GREEK_GR", "el-GR"),
    ("GUJARATI_IN", "gu-IN"),
    ("HEBREW_IL", "he-IL"),
    ("HINDI_IN", "hi-IN"),
    ("ITALIAN_IT", "it-IT"),
    ("JAPANESE_JP", "ja-JP"),
    ("KHMER_KH", "km-KH"),
    ("KOREAN_KR", "ko-KR"),
    ("MANDARIN_CN", "zh-CN"),
    ("PERSIAN_IR", "fa-IR"),
    ("POLISH_PL", "pl-PL"),
    ("PORTUGUESE_PT", "pt-PT"),
    ("PUNJABI_IN", "pa-IN"),
    ("RUSSIAN_RU", "ru-RU"),
    ("SERBIAN_RS", "sr-RS"),
    ("TAMIL_IN", "ta-IN"),
    ("TELUGU_IN", "te-IN"),
    ("THAI_TH", "th-TH"),
    ("URDU_IN", "ur-IN"),
    ("VIETNAMESE_VN", "vi-VN"),
];

/// The vendor's name for a speech locale; `None` where the vendor has none, which a surface then writes as the tag.
#[must_use]
pub fn name(locale: &SpeechLocale) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(_, tag)| *tag == locale.as_str())
        .map(|(name, _)| *name)
}

/// The language tag for what a request gives: for a vendor's name its tag, for anything else the text itself, which
/// [`SpeechLocale::new`] then accepts or refuses. So every surface takes both.
#[must_use]
pub fn tag(text: &str) -> &str {
    NAMES
        .iter()
        .find(|(name, _)| *name == text)
        .map_or(text, |(_, tag)| *tag)
}

/// Every name that the vendor has.
#[must_use]
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back_from_its_tag() {
        assert_eq!(names().len(), 35);
        for vendor_name in names() {
            let locale = SpeechLocale::new(tag(vendor_name)).unwrap();

            assert_eq!(locale.as_str(), tag(vendor_name), "the tag is in canonical spelling");
            assert_eq!(name(&locale), Some(vendor_name), "no other name has the same tag");
        }
    }

    #[test]
    fn a_language_tag_is_taken_as_it_is_and_has_the_vendors_name_in_any_spelling() {
        assert_eq!(tag("de-DE"), "de-DE");
        assert_eq!(name(&SpeechLocale::new(tag("en-gb")).unwrap()), Some("ENGLISH_UK"));
    }

    #[test]
    fn a_language_without_a_vendors_name_has_none() {
        assert_eq!(name(&SpeechLocale::new("nl-NL").unwrap()), None);
    }

    #[test]
    fn an_unknown_name_is_no_language_tag() {
        assert!(SpeechLocale::new(tag("KLINGON_QO")).is_err());
    }
}
