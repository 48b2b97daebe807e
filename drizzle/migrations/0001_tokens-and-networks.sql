CREATE TABLE `token_signing_keys` (
	`kid` text PRIMARY KEY NOT NULL,
	`public_key` text NOT NULL,
	`ciphertext` text,
	`created_at` integer NOT NULL,
	`signs_since` integer,
	`retired_at` integer,
	CONSTRAINT "token_signing_keys_private" CHECK("token_signing_keys"."retired_at" is null or "token_signing_keys"."ciphertext" is null)
);
--> statement-breakpoint
ALTER TABLE `endpoints` ADD `uid` text NOT NULL DEFAULT '';--> statement-breakpoint
UPDATE `endpoints` SET `uid` = lower(hex(randomblob(16)));--> statement-breakpoint
ALTER TABLE `endpoints` ADD `allowed_networks` text DEFAULT '[]' NOT NULL;