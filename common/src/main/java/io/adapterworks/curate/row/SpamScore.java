package io.adapterworks.curate.row;

import java.util.List;
import java.util.regex.Pattern;

/**
 * How much a message looks like unasked-for advertising, 0 to 1: a logistic score over a lexicon in
 * families (one family counts once, however many of its words occur), links and shouting. Words of
 * a customer who talks about their own account, or who reports a scam, weigh against it.
 */
final class SpamScore {
  private static final double LINK = 1.5;
  private static final double FAMILY = 1.0;
  private static final double SHOUTING = 0.5;
  private static final double CUSTOMER = 1.0;
  private static final double BIAS = 2.2;

  private static final Pattern URL =
      words("https?://\\S+|www\\.\\S+\\.\\S+|\\b(t\\.me|bit\\.ly|wa\\.me)/\\S+");

  private static final List<Pattern> FAMILIES =
      List.of(
          words(
              "\\b(seo|backlinks?|do-?follow|guest posts?|white hat|search engine)\\b"
                  + "|\\brank(s|ing)?\\b.{0,30}\\bgoogle|\\bgoogle\\b.{0,30}\\brank"
                  + "|first page of google|page one of google|search visibility"),
          words(
              "\\bdouble your\\b|\\bsend \\d.{0,20}\\b(get|receive)\\b.{0,20}\\bback\\b"
                  + "|\\bgiveaway\\b|\\bairdrop\\b"),
          words(
              "\\b(handsome|sexy|lonely|singles?|escorts?|flirt|dating)\\b"
                  + "|\\bmy (pictures|photos) (are|is) here\\b|\\bi saw your profile\\b|18\\+"),
          words(
              "\\b(congratulations|lottery|jackpot|prize|sweepstakes?)\\b"
                  + "|\\b(you|mailbox|inbox|number|email)\\b.{0,20}\\b(won|selected|drawn)\\b"
                  + "|\\bclaim (your|before|within|now)\\b|\\bunclaimed\\b"),
          words(
              "\\b(bad|no) credit( check)?\\b|\\bneed cash\\b|\\bpayday loans?\\b"
                  + "|\\bloans? from\\b|\\bno (papers|guarantor|collateral)\\b"),
          words(
              "\\bnext of kin\\b|\\b(late|wife of) .{0,20}(engineer|minister|client|husband)\\b"
                  + "|\\bmillion (us )?(dollars|usd|gbp|euros?)\\b|\\b(trustee|barrister)\\b"
                  + "|\\b(kind assistance|honest partner|strictly confidential)\\b"),
          words(
              "\\breplica\\b|\\b(luxury|swiss) watches\\b|\\bfree (worldwide )?shipping\\b"
                  + "|\\b(viagra|cialis|cheap meds)\\b|\\bdesigner bags?\\b"),
          words(
              "\\b(manufacturer|factory|wholesale|moq|catalog(ue)?)\\b|\\bbest price\\b"
                  + "|\\b(development|marketing|design) (company|agency)\\b|\\bour portfolio\\b"
                  + "|\\bshare (your )?requirements?\\b"),
          words(
              "\\b(real|instagram|tiktok|youtube) (followers|likes|views|reviews)\\b"
                  + "|\\bfollowers\\b|\\bbusiness leads\\b|\\bmailing lists?\\b|\\bapp store reviews\\b"),
          words(
              "\\b(lost?|lose) \\d+ ?(kilos?|kgs?|pounds|lbs)\\b|\\bdoctors (hate|are)\\b"
                  + "|\\b(miracle|slimming|weight loss|fat burning)\\b"),
          words("\\b(casino|free spins|no deposit|betting tips|poker)\\b"),
          words(
              "\\b(trading|ai) (bot|robot|signals)\\b|\\b(earn|made? me|make) .{0,15}(a|per|every|last)"
                  + " (day|week|month)\\b|\\bpassive income\\b|\\bwork from home\\b|\\bautopilot\\b"
                  + "|\\bno experience\\b"),
          words(
              "\\b(guaranteed?|limited (offer|event|time)|act now|order now|apply now|sale ends)\\b"
                  + "|\\b\\d+ ?% (off|discount)\\b|\\bdiscount\\b|\\bfree (audit|quote|sample|trial|video)\\b"
                  + "|\\bbuy now\\b|\\bspecial offer\\b|\\bno obligation\\b|\\bprice ?list\\b"
                  + "|\\bbefore they take it down\\b|\\bonly \\d+ (places|people|spots)\\b"),
          words(
              "\\bdear (website|site|business) owner\\b|\\bdear sir ?/ ?ma\\w*\\b"
                  + "|\\bgreetings (of the day|from)\\b|\\bdomain (listing|registration|name) \\b"
                  + "|\\byour (website|blog|domain|page)\\b"));

  private static final Pattern OWN_BUSINESS =
      words(
          "\\bmy (own )?(card|account|pin|balance|salary|refund|transfer|payment|statement|app"
              + "|money|bank|phone|address|savings|direct debit)\\b");

  private static final Pattern REPORT =
      words(
          "\\b(scam(mers?|med)?|fraud|phishing|fake|suspicious|spoof\\w*|hacked)\\b"
              + "|\\b(is|are) (this|it|that|these) (really )?(genuine|real|legit|you|yours|from you)\\b"
              + "|\\b(got|received|sent me) an? (text|sms|e-?mail|message|link|call)\\b");

  /** Capitals of a word that is shouted. */
  private static final int SHOUTED = 4;

  private static final Pattern CAPITALS = Pattern.compile("\\b\\p{Lu}{" + SHOUTED + ",}\\b");

  private SpamScore() {}

  static double of(String text) {
    PhraseText phrases = new PhraseText(text);
    double evidence = phrases.has(URL) ? LINK : 0;
    for (Pattern family : FAMILIES) {
      evidence += phrases.has(family) ? FAMILY : 0;
    }
    evidence += shouts(text) ? SHOUTING : 0;
    evidence -= phrases.has(OWN_BUSINESS) ? CUSTOMER : 0;
    evidence -= phrases.has(REPORT) ? CUSTOMER : 0;
    return 1 / (1 + Math.exp(BIAS - evidence));
  }

  private static boolean shouts(String text) {
    int pictures = 0;
    int exclamations = 0;
    int capitals = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      exclamations += c == '!' ? 1 : 0;
      capitals += Character.isUpperCase(c) ? 1 : 0;
      if (c > 0x7F && !Character.isLowSurrogate(c)) {
        pictures += Character.getType(text.codePointAt(i)) == Character.OTHER_SYMBOL ? 1 : 0;
      }
    }
    return pictures >= 2
        || exclamations >= 3
        || (capitals >= 3 * SHOUTED && CAPITALS.matcher(text).results().count() >= 3);
  }

  private static Pattern words(String regex) {
    return Pattern.compile(regex);
  }
}
