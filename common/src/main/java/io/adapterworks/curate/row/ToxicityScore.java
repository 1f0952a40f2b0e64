package io.adapterworks.curate.row;

import java.util.List;
import java.util.regex.Pattern;

/**
 * How hateful, threatening or obscene a message is, 0 to 1: a logistic score over a lexicon in
 * families of different weight. A customer who swears about a lost card is angry, not toxic: mild
 * profanity weighs little, and insults only where they are aimed at somebody. Slurs, threats and
 * sexual harassment decide by themselves. A word under discussion counts too, as a lexicon cannot
 * tell use from mention; the score is kept so that the threshold can be set to the data.
 */
final class ToxicityScore {
  private static final double BIAS = 3.0;

  /** A family counts once, however many of its words occur. */
  private record Family(double weight, Pattern pattern) {}

  private static final List<Family> FAMILIES =
      List.of(
          // Threats of violence and calls to self-harm.
          new Family(
              4.0,
              words(
                  "\\b(i('| wi)ll|gonna|going to|should|want to) (kill|murder|shoot|stab|rape|burn)"
                      + " (you|u|them|him|her|your)\\b|\\bkill"
                      + " (yourself|urself)\\b|\\bkys\\b|\\b(die|burn) in (a fire|hell)\\b|\\bhope"
                      + " you (die|get cancer|choke)\\b|\\bbomb (your|the|this)"
                      + " (office|branch|bank|building)\\b")),
          // Slurs against groups of people.
          new Family(
              4.0,
              words(
                  "\\b(n[i1]gg(er|a)s?|f[a4]gg?[o0]ts?|k[i1]kes?|sp[i1]cs?|ch[i1]nks?|tr[a4]nn(y|ies)"
                      + "|pak[i1]s?|wetbacks?|ragheads?|retards?)\\b")),
          new Family(
              4.0,
              words(
                  "\\b(all|those|these|filthy|dirty|bloody)"
                      + " (immigrants?|foreigners|muslims|jews|blacks|gays|gypsies)"
                      + " (are|should|must|need to) (vermin|animals|scum|die|be"
                      + " (shot|deported|gassed|killed)|go back|get out)\\b")),
          // Sexual harassment.
          new Family(
              3.5,
              words(
                  "\\bsend (me )?(nudes?|naked)\\b|\\bsuck my\\b|\\b(blow ?job|cum ?shot|gang"
                      + " ?bang)s?\\b|\\b(show|see) (me )?your (tits|boobs|pussy|cock|dick)\\b")),
          // Insults aimed at the reader or at staff.
          new Family(
              2.2,
              words(
                  "\\b(you|u|your|you're|you are|ur|fucking|stupid|bloody|utter|complete|bunch"
                      + " of|pack of) (a |an |all |such |absolute |fucking |stupid |useless |bunch"
                      + " of |pack of )*"
                      + "(idiots?|morons?|imbeciles?|cunts?|bitch(es)?|bastards?|wankers?|pricks?|twats?|arse"
                      + " ?holes?|ass ?holes?|dick ?heads?|scum(bags?)?|parasites?|pigs?|whores?"
                      + "|sluts?)\\b")),
          new Family(1.8, words("\\b(fuck|screw|piss) (you|off|u|ya)\\b|\\bgo to hell\\b")),
          // Profanity without an aim.
          new Family(
              0.7,
              words("\\b(fuck\\w*|shit\\w*|bullshit|crap|wtf|bollocks|cunt|motherfuck\\w*)\\b")));

  private ToxicityScore() {}

  static double of(String text) {
    PhraseText phrases = new PhraseText(text);
    double evidence = 0;
    for (Family family : FAMILIES) {
      evidence += phrases.has(family.pattern()) ? family.weight() : 0;
    }
    return 1 / (1 + Math.exp(BIAS - evidence));
  }

  private static Pattern words(String regex) {
    return Pattern.compile(regex);
  }
}
