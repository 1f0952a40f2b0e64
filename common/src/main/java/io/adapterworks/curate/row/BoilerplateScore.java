package io.adapterworks.curate.row;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much of a message a machine wrote: the share of its characters in sentences that mail
 * programs, help desks and chat systems add, such as disclaimers, out-of-office notes, "sent from
 * my phone" and "do not reply".
 */
final class BoilerplateScore {
  private static final Pattern SENTENCES = Pattern.compile("[^.!?\\n]+[.!?\\n]*");

  private static final Pattern BOILERPLATE =
      Pattern.compile(
          "\\bsent from my (iphone|ipad|phone|android|samsung|blackberry)\\b|\\bget outlook"
              + " for\\b|\\b(this|the) (e-?mail|message)( and any attachments?)? (is|are|may be|was"
              + " sent) (confidential|intended|privileged|automatically)\\b|\\bif you (are not|have"
              + " received) (the intended|this (e-?mail|message) in error)\\b|\\bplease (do"
              + " not|don't) reply to this\\b|\\bthis is an"
              + " automat(ed|ic)\\b|\\b(unsubscribe|manage your preferences|view (this e-?mail )?in"
              + " (your )?browser)\\b|\\bi am (currently )?out of (the )?office\\b|\\bautomatic"
              + " reply\\b|\\ball rights reserved\\b|\\bregistered in england (and"
              + " wales)?\\b|\\bplease consider the environment before"
              + " printing\\b|\\b(agent|user|visitor) [\\w ]{0,20}(has )?(joined|left|ended) the"
              + " (chat|conversation)\\b|\\byour (ticket|request|case) (number )?[#\\w-]* ?has been"
              + " (received|created|closed)\\b|\\blorem ipsum\\b|\\bdelivery (status"
              + " notification|has failed)\\b");

  private BoilerplateScore() {}

  static double of(String text) {
    if (!new PhraseText(text).has(BOILERPLATE)) {
      return 0;
    }
    Matcher sentences = SENTENCES.matcher(text);
    int all = 0;
    int boilerplate = 0;
    while (sentences.find()) {
      int length = sentences.end() - sentences.start();
      all += length;
      boilerplate += new PhraseText(sentences.group()).has(BOILERPLATE) ? length : 0;
    }
    return (double) boilerplate / all;
  }
}
