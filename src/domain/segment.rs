//! How many segments a text is billed as: GSM-7 or UCS-2.
