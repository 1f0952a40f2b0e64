package io.adapterworks.curate.pii;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of persons: runs of capitalised words that a list of first names or the words before them
 * give away ("my name is", "Mrs", "my sister"). A name in lower case is taken only after "my name
 * is" and its like.
 */
final class NameDetector implements PiiDetector {
  private static final Pattern WORD =
      Pattern.compile("[\\p{L}][\\p{L}\\p{M}]*(?:['’-][\\p{L}][\\p{L}\\p{M}]*)*");

  private static final Set<String> PARTICLES =
      Set.of(
          "van", "von", "de", "der", "den", "da", "dos", "di", "del", "la", "le", "el", "al", "bin",
          "af", "ter", "ten");

  /** After these, capitalised words are a name whether a list knows them or not. */
  private static final Pattern NAMED =
      Patterns.anyCase(
          "(?:\\bnames?(?:'s| is| was| are|:| on (?:it|the card|the account)\\s*(?:is|:)?)"
              + "|\\b(?:mr|mrs|ms|miss|mx|dr|prof)\\b\\.?|\\bin the name of|\\bcalled|\\bnamed"
              + "|\\b(?:account )?holder(?: is|:)?|\\bpassenger|\\baddressee:?|\\bsigned,?(?: by)?"
              + "|\\bpassport says|\\bname exactly as passport:|\\bnames?\\?|\\bnamed (?:him|her|it)"
              + "|\\bcall(?:s|ed)? (?:me|him|her)|\\bstarring|\\b(?:directed|written|sung|composed|painted)"
              + " by|\\b(?:commenter|producer|director|singer|actor|actress|author|composer))\\s*[\"'“]?$");

  /** After these, two capitalised words, or one that is a first name, are a name. */
  private static final Pattern INTRODUCED =
      Patterns.anyCase(
          "(?:\\b(?:i am|i'm|i’m|im|this is|it's|it’s|its|he's|she's|hes|shes|he is|she is|paid|transfer is to|contract with my name)|\\b(?:wife|husband|son|daughter|mother|father|mum|mom|dad"
              + "|sister|brother|partner|friend|colleague|landlord|landlady|tenant|boyfriend"
              + "|girlfriend|fianc[eé]e?|boss|neighbou?r|client|agent|aunt|uncle|nan|grandson"
              + "|executor|carer)(?: is|,)?|\\b(?:regards|sincerely|cheers|thanks|thank you"
              + "|faithfully|dear|hello|hi|hey|ask for|name|details as|herself|himself|tired)),?:?\\s*[\"'“]?$");

  /** Capitalised words that begin or make no name, though a list of names may hold them. */
  private static final Set<String> NO_NAMES =
      Set.copyOf(
          List.of(
              ("i many much like even ive soon olive ocean alpha delta i'm i've i'll i'd im a an the my your his her our their this that these those it its it's he she we"
                      + " you they who what when where why how is are was were be been am do does did have"
                      + " has had can could will would shall should may might must not no yes ok okay hi"
                      + " hello hey dear sir madam sirs please thanks thank cheers regards good morning"
                      + " afternoon evening night bonjour hola ciao and or but if so as at by for from in"
                      + " of on to up with out off over under after before since until then than there"
                      + " here just still also only once never always maybe any all some most more one two"
                      + " three four five six seven eight nine ten first second third last next new old"
                      + " january february march april june july august september october november"
                      + " december jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday"
                      + " wednesday thursday friday saturday sunday mon tue wed thu fri sat sun christmas"
                      + " easter bank card account app pin atm iban id sms dob phone mobile email mail"
                      + " post office royal street road avenue lane close drive court terrace row gardens"
                      + " mews hill way wharf parade place square crescent flat apt suite house london"
                      + " paris berlin madrid rome amsterdam dublin edinburgh glasgow cardiff leeds"
                      + " bristol manchester liverpool birmingham lisbon vienna zurich brussels warsaw"
                      + " england scotland wales ireland britain france germany spain italy portugal poland"
                      + " europe america india china japan canada australia chad jordan georgia israel"
                      + " kent devon york chester lincoln durham oxford cambridge brighton bath florence"
                      + " sydney melbourne milan milano venice chelsea brooklyn austin dallas houston"
                      + " santander barclays lloyds halifax monzo revolut chase nationwide natwest"
                      + " paypal apple google amazon tesco sainsbury asda aldi lidl sky virgin netflix"
                      + " spotify uber visa mastercard maestro western union octopus fernway evri dvla"
                      + " king queen prince princess lord lady saint union park bill mark will rich grant"
                      + " grace faith hope joy rose may dawn chance major art summer autumn date name where when user fee fees fine man son van nada lira apex irish valencia denver bradford victoria argentina very keen see say ask"
                      + " call sent send paid pay was love star page price banks case day long young best"
                      + " someone somebody nobody everybody everyone anyone anybody support agent staff"
                      + " assistant manager customer service services cashier clerk cash money"
                      + " payment payments transfer charge charges balance cheque check deposit"
                      + " credit debit loan rate exchange machine delivery power internet shop"
                      + " store gift top refund mum mom dad mother father brother sister friend"
                      + " field english french german spanish italian dutch polish turkish american british"
                      + " european co op ltd inc llc plc group company corporation bitcoin btc")
                  .split(" ", -1)));

  private static final Pattern LOWER_CASE_NAMED =
      Patterns.anyCase("\\b(my|his|her) name(?:'s| is)?\\s*$|\\bname is\\s*$");

  private static final Pattern SPEAKING =
      Patterns.anyCase(
          "\\b(?:says|said|told|tell|asked|thanked|met|given|gave|between (?:him|her|me|them) and)\\s$");

  private static final Pattern GREETING =
      Patterns.anyCase("^\\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\\s$");

  private static final Pattern AFTER_GREETING = Pattern.compile("\\s*(?:[,!–-]|$)");

  /** What only persons do, whoever they are. */
  private static final Pattern PERSONS_DO =
      Patterns.anyCase(
          "\\s(?:shouted|whispered|replied|asked|explained|insisted|laughed|smiled|began writing"
              + "|(?:says|said) (?:that|he|she|to)|told (?:me|him|her|us|them|the)|had given"
              + "|(?:is|was) (?:very |so |really )?(?:reliable|impulsive|kind|angry|married|born|retired))\\b");

  /** What is said of persons, and of little else that has a last name's name. */
  private static final Pattern PERSONS_ARE =
      Patterns.anyCase(
          "(?:['’]s (?:kid|son|daughter|wife|husband|mother|father|brother|sister|address|house|phone)"
              + "|\\s(?:was|is|has|had|lives|lived|spent|moved|went|works|worked|wants|wrote|writes"
              + "|plays|played|sings|sang|says|said|told|called|died|married|joined|and|or)"
              + "|,? can (?:i|you|we))\\b");

  private static final Pattern TITLE =
      Patterns.anyCase("(?<![\\p{L}])(?:mr|mrs|ms|miss|mx|dr|prof)\\.?\\s$");

  private static final int CUE = 40;

  private final PersonNames names;

  NameDetector(PersonNames names) {
    this.names = names;
  }

  private record Word(int start, int end, String text) {
    boolean isCapitalised() {
      return Character.isUpperCase(text.charAt(0));
    }

    String lower() {
      return text.toLowerCase(Locale.ROOT);
    }
  }

  @Override
  public List<PiiSpan> find(String text) {
    List<Word> words = words(text);
    boolean shouted = isShouted(words);
    List<PiiSpan> found = new ArrayList<>();
    int i = 0;
    while (i < words.size()) {
      int next = shouted ? i : nameEnd(text, words, i);
      if (next == i) {
        next = lowerCaseNameEnd(text, words, i);
      }
      if (next > i) {
        found.add(
            new PiiSpan(
                withTitle(text, words.get(i).start()), words.get(next - 1).end(), PiiType.NAME));
        i = next;
      } else {
        i++;
      }
    }
    return found;
  }

  /** The index after the name that starts at word i, or i where none does. */
  private int nameEnd(String text, List<Word> words, int i) {
    Word first = words.get(i);
    if (!mayBeName(first) && !isNameByItsLast(text, words, i)) {
      return i;
    }
    int end = i + 1;
    int capitalised = 1;
    while (end < words.size() && isJoined(text, words.get(end - 1), words.get(end))) {
      int particle = end;
      while (particle < words.size()
          && particle - end < 2
          && PARTICLES.contains(words.get(particle).lower())
          && isJoined(text, words.get(particle - 1), words.get(particle))) {
        particle++;
      }
      boolean goesOn =
          particle < words.size()
              && capitalised < 4
              && mayContinue(words.get(particle))
              && isJoined(text, words.get(particle - 1), words.get(particle));
      if (!goesOn) {
        break;
      }
      end = particle + 1;
      capitalised++;
    }
    String before = text.substring(Math.max(0, first.start() - CUE), first.start());
    return isName(text, words.subList(i, end), before) ? end : i;
  }

  private boolean isName(String text, List<Word> run, String before) {
    boolean knownFirst = isFirstName(run.get(0));
    boolean knownLast = names.isLast(run.get(run.size() - 1).lower());
    if (NAMED.matcher(before).find()) {
      return true;
    }
    if (run.size() == 1 && isAddressed(text, run.get(0), before)) {
      return true;
    }
    if (INTRODUCED.matcher(before).find()) {
      return knownFirst || (run.size() >= 2 && (knownLast || !isTitleCase(text)));
    }
    return knownFirst || (run.size() == 1 && isActor(text, run.get(0), before));
  }

  /** Whether a letter or a message begins with a greeting of this word: "Hi Romilda," */
  private static boolean isAddressed(String text, Word word, String before) {
    return GREETING.matcher(before).find()
        && AFTER_GREETING.matcher(text.substring(word.end())).lookingAt();
  }

  /** Whether what is said of a lone last name is said of persons, or what is said before it. */
  private boolean isActor(String text, Word word, String before) {
    String after = text.substring(word.end(), Math.min(text.length(), word.end() + CUE));
    if (PERSONS_DO.matcher(after).lookingAt()) {
      return true;
    }
    return names.isLast(word.lower())
        && (SPEAKING.matcher(before).find() || PERSONS_ARE.matcher(after).lookingAt());
  }

  /** Rose and Kent are names where a last name follows. */
  private boolean isNameByItsLast(String text, List<Word> words, int i) {
    if (i + 1 >= words.size() || !isJoined(text, words.get(i), words.get(i + 1))) {
      return false;
    }
    Word last = words.get(i + 1);
    return words.get(i).isCapitalised()
        && isFirstName(words.get(i))
        && mayBeName(last)
        && names.isLast(last.lower());
  }

  private boolean isFirstName(Word word) {
    String lower = word.lower();
    int hyphen = lower.indexOf('-');
    return names.isFirst(lower) || (hyphen > 1 && names.isFirst(lower.substring(0, hyphen)));
  }

  private boolean mayBeName(Word word) {
    String possessed = word.lower().replaceAll("['’]s$", "");
    return word.isCapitalised()
        && word.text().length() > 1
        && !isAbbreviation(word.text())
        && !NO_NAMES.contains(possessed);
  }

  private static boolean isAbbreviation(String word) {
    return word.length() <= 4 && word.equals(word.toUpperCase(Locale.ROOT));
  }

  private static boolean mayContinue(Word word) {
    return word.isCapitalised() && !NO_NAMES.contains(word.lower().replaceAll("['’]s$", ""));
  }

  /** Two words of one name have a blank or an initial's dot between them, no more. */
  private static boolean isJoined(String text, Word left, Word right) {
    String between = text.substring(left.end(), right.start());
    return between.equals(" ") || (between.equals(". ") && left.text().length() == 1);
  }

  private int lowerCaseNameEnd(String text, List<Word> words, int i) {
    Word first = words.get(i);
    String before = text.substring(Math.max(0, first.start() - CUE), first.start());
    if (!isFirstName(first) || NO_NAMES.contains(first.lower())) {
      return i;
    }
    boolean joined = i + 1 < words.size() && isJoined(text, first, words.get(i + 1));
    boolean two =
        joined
            && names.isLast(words.get(i + 1).lower())
            && !NO_NAMES.contains(words.get(i + 1).lower());
    boolean named = LOWER_CASE_NAMED.matcher(before).find();
    if (two && (named || (isLowerCase(text) && isLong(first) && isLong(words.get(i + 1))))) {
      return i + 2;
    }
    if (joined && isLowerCase(text) && isLong(first) && isLine(text, first, words.get(i + 1))) {
      return i + 2;
    }
    boolean introduced = isLowerCase(text) && isLong(first) && NAMED.matcher(before).find();
    return named || introduced ? i + 1 : i;
  }

  /** Whether two words are all there is on a line but for quotation marks, as on an envelope. */
  private static boolean isLine(String text, Word first, Word last) {
    int start = text.lastIndexOf('\n', first.start()) + 1;
    int end = text.indexOf('\n', last.end());
    return (start > 0 || end > 0)
        && text.substring(start, first.start()).chars().noneMatch(Character::isLetterOrDigit)
        && text.substring(last.end(), end < 0 ? text.length() : end).isBlank();
  }

  /** Short words are words of some language more often than names. */
  private static boolean isLong(Word word) {
    return word.text().length() >= 4;
  }

  private static boolean isLowerCase(String text) {
    return text.chars().noneMatch(Character::isUpperCase);
  }

  /** A title before a name belongs to it. */
  private static int withTitle(String text, int start) {
    Matcher title = TITLE.matcher(text.substring(Math.max(0, start - CUE), start));
    return title.find() ? start - (title.end() - title.start()) : start;
  }

  private static List<Word> words(String text) {
    List<Word> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      String word = matcher.group();
      int possessive = word.endsWith("'s") || word.endsWith("’s") ? 2 : 0;
      words.add(
          new Word(
              matcher.start(),
              matcher.end() - possessive,
              word.substring(0, word.length() - possessive)));
    }
    return words;
  }

  /** Text in capitals throughout tells nothing by its capitals. */
  private static boolean isShouted(List<Word> words) {
    long upper =
        words.stream()
            .filter(
                w -> w.text().length() > 1 && w.text().equals(w.text().toUpperCase(Locale.ROOT)))
            .count();
    return words.size() >= 4 && 2 * upper > words.size();
  }

  private static boolean isTitleCase(String text) {
    List<Word> words = words(text);
    long capitalised = words.stream().filter(Word::isCapitalised).count();
    return words.size() >= 5 && capitalised > 0.7 * words.size();
  }
}
