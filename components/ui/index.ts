export { Button, type ButtonProps, Pressable, type PressableProps } from './button.tsx';
export { buttonClasses, type ButtonSize, type ButtonVariant } from './button-classes.ts';
export { Checkbox, type CheckboxProps } from './checkbox.tsx';
export {
  Chip,
  type ChipProps,
  type ChipTone,
  type Status,
  STATUS_WORDS,
  StatusChip,
  StatusMark,
  Tag,
} from './chip.tsx';
export { cx } from './class-names.ts';
export { CodeBlock, type CodeBlockProps } from './code-block.tsx';
export { ComboBox, type ComboBoxProps } from './combo-box.tsx';
export { ConfirmDialog, type ConfirmDialogProps } from './confirm-dialog.tsx';
export { CopyButton, type CopyButtonProps } from './copy-button.tsx';
export {
  DEPLOYMENT_SLOTS,
  DeploymentLine,
  DeploymentMark,
  DeploymentName,
  SLOT_DASHES,
  slotColour,
  slotDash,
  slotStyle,
  slotTextColour,
} from './deployment.tsx';
export { Dialog, type DialogProps } from './dialog.tsx';
export { type ChosenFile, DropZone, type DropZoneProps } from './drop-zone.tsx';
export { EmptyState, type EmptyStateProps } from './empty-state.tsx';
export { ErrorState, type ErrorStateProps } from './error-state.tsx';
export { IconButton, type IconButtonProps } from './icon-button.tsx';
export { KeyHint } from './key-hint.tsx';
export { ButtonLink, type ButtonLinkProps, Link, type LinkProps } from './link.tsx';
export { Menu, type MenuEntry, type MenuGroup, type MenuProps } from './menu.tsx';
export { Note, type NoteProps, type NoteTone } from './note.tsx';
export { NumberField, type NumberFieldProps } from './number-field.tsx';
export { PageHead, Panel, type PanelProps, Section, type SectionProps } from './panel.tsx';
export { PanelBoundary } from './panel-boundary.tsx';
export { PasswordField } from './password-field.tsx';
export { Popover, type PopoverProps } from './popover.tsx';
export { Meter, ProgressBar, type ProgressBarProps } from './progress-bar.tsx';
export { RadioCards, RadioGroup, type RadioGroupProps, type RadioOption } from './radio-group.tsx';
export { Facts, Figure, HeaderReadouts, type Readout, Readouts } from './readouts.tsx';
export { SearchField, type SearchFieldProps } from './search-field.tsx';
export { SegmentedControl, type SegmentedControlProps } from './segmented-control.tsx';
export { Select, type SelectOption, type SelectProps } from './select.tsx';
export { Skeleton, SkeletonRegion, SkeletonRows } from './skeleton.tsx';
export { Slider, type SliderProps } from './slider.tsx';
export { Sparkline } from './sparkline.tsx';
export { Spinner } from './spinner.tsx';
export { SplitBar, type SplitBarProps, type SplitShare } from './split-bar.tsx';
export { StageBar } from './stage-bar.tsx';
export { StaleBanner } from './stale-banner.tsx';
export { Switch, type SwitchProps } from './switch.tsx';
export { currentTab, type TabLink, TabLinks } from './tab-links.tsx';
export { Cell, HeadCell, Row, RowHeader, SortButton, Table, type TableProps } from './table.tsx';
export { TextField, type TextFieldProps } from './text-field.tsx';
export { toast, Toaster, type ToastMessage } from './toast.tsx';
export { Tooltip, type TooltipProps } from './tooltip.tsx';
