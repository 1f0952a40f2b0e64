/** The evaluation report: one HTML file that needs nothing beside it, not even a script. */
package io.adapterworks.evaluate.report;
