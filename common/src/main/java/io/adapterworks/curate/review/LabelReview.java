package io.adapterworks.curate.review;

import static org.apache.spark.sql.functions.col;

import io.adapterworks.config.NearestName;
import io.adapterworks.curate.schema.LabelDecisionTable;
import io.adapterworks.curate.schema.LabelReviewTable;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.Transaction;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The table label_review and what people decide about its rows. A decision is kept with who and
 * when in label_decisions; the review only shows it. Nothing is deleted, and no label changes
 * without a decision.
 */
public final class LabelReview {
  private static final String APPLICATION = "adapterworks label review";

  private final DeltaStore store;
  private final Clock clock;
  private final List<String> labels;

  /** A decision that a person wants to make about a row. */
  public record Wish(String id, String label) {}

  /** How many decisions were new, and how many had been made before. */
  public record Made(int written, int unchanged) {}

  /**
   * @param labels those that a row may get; empty allows any
   */
  public LabelReview(DeltaStore store, Clock clock, List<String> labels) {
    this.store = store;
    this.clock = clock;
    this.labels = List.copyOf(labels);
  }

  /**
   * Brings the review up to what is suspect now, by confident learning or because duplicates carry
   * several labels: rows that are no longer suspect go, unless a person decided about them.
   *
   * @param judged every row of the dataset
   * @param texts text by row id
   */
  public void refresh(List<Judgement> judged, Map<String, String> texts) {
    requireDecisions();
    Map<String, String> decided = new LabelDecisions(store).byId();
    List<ReviewItem> before = items();
    Map<String, ReviewItem> after = new HashMap<>();
    for (Judgement judgement : judged) {
      if (judgement.suspect()) {
        after.put(judgement.id(), item(judgement, texts.get(judgement.id())));
      }
    }
    ConflictingLabels.in(store).forEach(item -> after.put(item.id(), item));
    for (ReviewItem item : before) {
      if (!item.isOpen()) {
        after.putIfAbsent(item.id(), item);
      }
    }
    decided.forEach((id, label) -> after.computeIfPresent(id, (same, item) -> item.decided(label)));
    Set<String> gone = new HashSet<>();
    before.stream().map(ReviewItem::id).filter(id -> !after.containsKey(id)).forEach(gone::add);
    after.values().removeAll(new HashSet<>(before));
    if (!after.isEmpty() || !gone.isEmpty() || store.version(LabelReviewTable.SPEC).isEmpty()) {
      store.mergeAndDelete(
          LabelReviewTable.SPEC, table(List.copyOf(after.values())), ids(gone), next());
    }
  }

  /** Both tables are there from the first dataset on, so that a query of an analyst finds them. */
  private void requireDecisions() {
    if (store.version(LabelDecisionTable.SPEC).isEmpty()) {
      store.append(
          LabelDecisionTable.SPEC,
          store.spark().createDataFrame(List.<Row>of(), LabelDecisionTable.SPEC.schema()));
    }
  }

  /** Every row up for review, the most suspicious first. */
  public List<ReviewItem> items() {
    return store.readOrEmpty(LabelReviewTable.SPEC).collectAsList().stream()
        .map(ReviewItem::of)
        .sorted(
            Comparator.comparingDouble(ReviewItem::suspicion)
                .reversed()
                .thenComparing(ReviewItem::id))
        .toList();
  }

  /**
   * Keeps decisions; one that was made before, the same, is not kept again.
   *
   * @param person who decides
   * @throws io.adapterworks.error.AdapterworksException INPUT for a row that is not up for review
   *     or a label that the use case does not have; then nothing is kept
   */
  public Made decide(List<Wish> wishes, String person) {
    Check.notBlank("the name of the person who decides", person);
    List<ReviewItem> all = items();
    Map<String, ReviewItem> changed = new HashMap<>();
    Map<String, String> newest = new LabelDecisions(store).byId();
    int unchanged = 0;
    for (Wish wish : wishes) {
      ReviewItem item = find(all, wish.id());
      requireKnown(wish.label());
      if (wish.label().equals(newest.get(item.id()))) {
        unchanged++;
      } else {
        changed.put(item.id(), item.decided(wish.label()));
      }
    }
    if (!changed.isEmpty()) {
      keep(List.copyOf(changed.values()), person);
    }
    return new Made(changed.size(), unchanged);
  }

  /**
   * The one row whose id begins with {@code prefix}.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT where none or several do
   */
  public static ReviewItem find(List<ReviewItem> items, String prefix) {
    List<ReviewItem> found =
        items.stream().filter(item -> !prefix.isBlank() && item.id().startsWith(prefix)).toList();
    Check.that(
        found.size() == 1,
        ErrorCode.INPUT,
        "%d rows of label_review have an id that begins with %s; expected one; see review list",
        found.size(),
        prefix);
    return found.get(0);
  }

  private void requireKnown(String label) {
    Check.notBlank("the label", label);
    if (!labels.isEmpty() && !labels.contains(label)) {
      throw Check.failure(
          ErrorCode.INPUT,
          "the use case has no label %s%s Nothing was kept",
          label,
          NearestName.question("", label, labels));
    }
  }

  private void keep(List<ReviewItem> items, String person) {
    Timestamp now = Timestamp.from(clock.instant());
    List<Row> decisions = new ArrayList<>();
    for (ReviewItem item : items) {
      decisions.add(
          RowFactory.create(
              item.id(),
              item.text(),
              item.label(),
              item.decision(),
              item.decidedLabel(),
              person,
              now));
    }
    // Decisions first: the review shows them again at the next curation if this is cut off here.
    store.append(
        LabelDecisionTable.SPEC,
        store.spark().createDataFrame(decisions, LabelDecisionTable.SPEC.schema()));
    store.merge(LabelReviewTable.SPEC, table(items), next());
  }

  private Transaction next() {
    return new Transaction(
        APPLICATION, 1 + store.lastTransaction(LabelReviewTable.SPEC, APPLICATION).orElse(0));
  }

  private static ReviewItem item(Judgement judgement, String text) {
    return new ReviewItem(
        judgement.id(),
        text,
        judgement.label(),
        judgement.suggested(),
        judgement.suspicion(),
        LabelReviewTable.CONFIDENT_LEARNING,
        LabelReviewTable.OPEN,
        null);
  }

  private Dataset<Row> table(List<ReviewItem> items) {
    List<Row> rows = new ArrayList<>();
    for (ReviewItem item : items) {
      rows.add(
          RowFactory.create(
              item.id(),
              item.text(),
              item.label(),
              item.suggested(),
              item.suspicion(),
              item.reason(),
              item.decision(),
              item.decidedLabel()));
    }
    return store.spark().createDataFrame(rows, LabelReviewTable.SPEC.schema());
  }

  private Dataset<Row> ids(Set<String> ids) {
    return table(
            ids.stream()
                .map(id -> new ReviewItem(id, null, null, null, 0, null, null, null))
                .toList())
        .select(col(LabelReviewTable.ID));
  }
}
