package io.adapterworks.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small use case: the post of a library's desk, three labels. */
final class DeskUseCase {
  private static final List<String> RENEW =
      List.of(
          "can I keep the book two more weeks please",
          "renew my loan until the end of the month",
          "I need an extension, the novel is longer than I thought",
          "please extend the due date of my three books",
          "is it possible to prolong the loan of the atlas",
          "hi, could you renew everything on my card",
          "my loan ends tomorrow and I have not finished, another week?",
          "Extend the audio book as well, please",
          "renewing online did not work, can you do it for me",
          "how often may I renew a book before I must bring it back",
          "I am ill in bed, please lengthen the loan",
          "one more fortnight for the cook book, is that ok",
          "The dictionary is due on Friday; may I have it longer?",
          "extend my loans while I am abroad until the 12th");
  private static final List<String> FINE =
      List.of(
          "why do I owe four pounds, I brought it back on time",
          "the late fee is wrong, the library was closed that day",
          "I got a bill for overdue books but returned them",
          "how can I pay my fine",
          "please cancel the charge, the drop box was broken",
          "two pounds fifty for one day late is too much!",
          "is there a limit to what overdue fees can reach",
          "Paid my penalty last week and it still shows",
          "can I pay the overdue charge by card at the desk",
          "my son's account has a fine that I know nothing of",
          "you charged me twice for the same late return",
          "waive the fee please, I was in hospital",
          "what does it cost if a book is a week overdue",
          "the reminder says I must pay ten pounds, for what?");
  private static final List<String> ROOM =
      List.of(
          "I would like to book the study room for Tuesday",
          "is the meeting room free on Saturday morning",
          "reserve a quiet place for four people at 3pm",
          "how do I cancel my room reservation",
          "does the group room have a projector",
          "Our reading circle needs a room every second Monday",
          "can students use the small room in the evening",
          "the room I booked was locked, nobody came",
          "what are the hours of the learning studio",
          "book the podcast studio for an hour please",
          "we are six, which room is big enough",
          "change my booking of the blue room to Thursday",
          "is there a whiteboard in the seminar room",
          "may we eat in the workshop room we reserved");

  private DeskUseCase() {}

  /** The rows as JSONL, with one exact copy, one broken line and one address to mask. */
  static List<String> lines() {
    List<String> lines = new ArrayList<>();
    RENEW.forEach(text -> lines.add(row(text, "renew_loan")));
    FINE.forEach(text -> lines.add(row(text, "late_fee")));
    ROOM.forEach(text -> lines.add(row(text, "study_room")));
    lines.add(row(FINE.get(3), "late_fee"));
    lines.add("{\"message\": \"the line ends here");
    lines.add(row("book the room for ann.lee@example.org on Sunday", "study_room"));
    return lines;
  }

  static String row(String text, String label) {
    return "{\"message\": \"" + text + "\", \"intent\": \"" + label + "\"}";
  }

  /** Writes messages and use case into {@code folder}; returns the use case file. */
  static Path write(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("messages"));
    Files.write(folder.resolve("messages/october.jsonl"), lines());
    return withInput(folder, "messages/*.jsonl");
  }

  /** Writes a use case whose input is {@code path}. */
  static Path withInput(Path folder, String path) throws IOException {
    return Files.writeString(
        folder.resolve("usecase.conf"),
        """
        name = desk-intents
        purpose = "Sorts the post of a library's desk."
        inputs = [ { path = "%s", columns { text = message, label = intent } } ]
        labels = [ renew_loan, late_fee, study_room ]
        base.maxTokens = 32
        curation.split { validation = 0.15, test = 0.2 }
        training { epochs = 3, batchSize = 8, consistency = 0 }
        dataset.labelReview { folds = 2, classifier.iterations = 5 }
        success.kpis { accuracy { atLeast = 0.6 } }
        """
            .formatted(path));
  }
}
